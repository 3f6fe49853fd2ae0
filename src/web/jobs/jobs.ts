import { randomBytes } from 'node:crypto';
import { ConfigError, describeFailure, InterruptedError, type Failure } from '../../core/errors.ts';
import type { Report } from '../../core/events.ts';
import type { Clock } from '../../system/clock.ts';
import { newJobView, type JobView } from './job-view.ts';

/** Work that a page started. It goes on when the page is closed, and is found again when a page is opened. */
export interface Job {
  id: string;
  /** `Backup of shop`. */
  title: string;
  /** The servers that it concerns; none where it concerns all. */
  servers: readonly { id: number; name: string }[];
  /** The form that starts the same once more. */
  again?: { path: string; fields: Readonly<Record<string, string>> };
  /** Where its result is shown, if not on its own page. */
  resultPath?: string;
  startedAt: Date;
  endedAt: Date | undefined;
  /** Undefined while it runs. */
  result: 'good' | 'bad' | 'interrupted' | undefined;
  /** Why it failed as a whole. */
  failure: Failure | undefined;
  view: JobView;
  /** Ends it in order, as Ctrl-C would. */
  stop(): void;
}

export interface Jobs {
  /** The job that runs now. */
  current(): Job | undefined;
  find(id: string): Job | undefined;
  /** Whether a signal ended a job. */
  wasInterrupted(): boolean;
  /** Throws a `BusyError` while another job runs. */
  refuseWhileBusy(): void;
  /**
   * Starts a job; `work` resolves with whether all went well.
   *
   * @throws BusyError while another job runs
   */
  start(what: Pick<Job, 'title' | 'servers' | 'resultPath' | 'again'>, work: Work): Job;
  /** Waits until the job that runs has ended. */
  ended(): Promise<void>;
}

/** Another job of these pages runs. */
export class BusyError extends ConfigError {}

/** Tells what happens; the signal asks it to end in order. */
type Work = (report: Report, signal: AbortSignal) => Promise<boolean>;

/** Older ones are forgotten: what a run did stands in the logs. */
const REMEMBERED = 20;

/**
 * @param report also told what happens
 * @param signal ends all jobs
 */
export function openJobs({ clock, report, signal }: { clock: Clock; report: Report; signal: AbortSignal }): Jobs {
  const jobs: Job[] = [];
  let running: Promise<void> | undefined;
  let wasInterrupted = false;

  const current = () => jobs.find(({ result }) => result === undefined);
  const refuseWhileBusy = () => {
    const other = current();
    if (other === undefined) return;
    throw new BusyError(`these pages are busy: ${other.title}`, 'Wait until it has ended, or stop it.');
  };
  const start: Jobs['start'] = (what, work) => {
    refuseWhileBusy();
    const stopping = new AbortController();
    const view = newJobView();
    const job: Job = {
      ...what,
      id: randomBytes(8).toString('hex'),
      startedAt: clock.now(),
      endedAt: undefined,
      result: undefined,
      failure: undefined,
      view,
      stop: () => stopping.abort(new InterruptedError('SIGINT')),
    };
    jobs.push(job);
    if (jobs.length > REMEMBERED) jobs.shift();
    const told: Report = (event) => {
      view.take(event, clock.now().getTime());
      report(event);
    };
    const either = AbortSignal.any([signal, stopping.signal]);
    const runJob = async () => {
      try {
        const isGood = await work(told, either);
        job.result = isGood ? 'good' : either.aborted ? 'interrupted' : 'bad';
      } catch (error) {
        job.failure = describeFailure(error);
        job.result = job.failure.interrupted ? 'interrupted' : 'bad';
      }
      job.endedAt = clock.now();
      wasInterrupted ||= job.result === 'interrupted' && signal.aborted;
    };
    running = runJob();
    return job;
  };
  return {
    current,
    find: (wanted) => jobs.find(({ id }) => id === wanted),
    wasInterrupted: () => wasInterrupted,
    refuseWhileBusy,
    start,
    ended: async () => await running,
  };
}
