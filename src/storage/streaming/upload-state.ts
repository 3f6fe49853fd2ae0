/**
 * The upload of an archive that is still being written, as a state machine. `streamUpload` carries it out.
 *
 * | phase      | meaning                                                  | left by                                          |
 * | ---------- | -------------------------------------------------------- | ------------------------------------------------ |
 * | waiting    | the file is too small for parts                          | small -> whole; large -> streaming               |
 * | streaming  | parts are sent while the file grows                      | proved -> finishing; parts failed -> restarting  |
 * | restarting | the parts failed and are being cancelled                 | cancelled -> see below; refused -> given up      |
 * | finishing  | all parts are stored, and are what is on the disk        | stored -> stored; parts failed -> restarting     |
 * | whole      | the complete file is sent in one piece                   | stored -> stored                                 |
 * | stored     | the end: storage has confirmed it                        |                                                  |
 * | given up   | the end: nothing can be stored, or is wanted any more    |                                                  |
 *
 * Two flags go with a phase. **paused**: the writer stands still, because too much of the file is on the disk; only while
 * parts are on their way, or the next part would wait for the writer without end. **released**: disk space of stored parts
 * was given back. The file cannot be sent from its beginning any more, so requests are repeated with patience, and parts
 * that fail nevertheless are the end. Where nothing was released, parts that fail are sent again from the first one, a few
 * times; after that, or once the file is complete, it is sent whole. `failed` ends every phase, and so does an interruption.
 */
export interface UploadState {
  readonly phase: 'waiting' | 'streaming' | 'restarting' | 'finishing' | 'whole' | 'stored' | 'given up';
  readonly isPaused: boolean;
  readonly hasReleased: boolean;
  /** The file is complete, and was judged good. */
  readonly isComplete: boolean;
  /** How often parts were begun. */
  readonly beginnings: number;
}

export type UploadEvent =
  /** The file ended small, or has grown large enough for parts. */
  | 'small'
  | 'large'
  /** Too much of the file is on the disk while parts are on their way; or not. */
  | 'disk full'
  | 'disk free'
  | 'released'
  | 'complete'
  | 'parts failed'
  /** The failed parts are cancelled, and another attempt may do better; or the storage refuses every attempt. */
  | 'cancelled'
  | 'refused'
  | 'proved'
  | 'stored'
  /** The dump failed or was judged bad: nothing comes of the file. */
  | 'failed';

/** Sending the parts again costs the line more each time; the whole file needs room on the disk. */
export const MOST_BEGINNINGS = 5;

export const START: UploadState = {
  phase: 'waiting',
  isPaused: false,
  hasReleased: false,
  isComplete: false,
  beginnings: 0,
};

/** The state after an event. An event that means nothing in a phase changes nothing. */
export function nextState(state: UploadState, event: UploadEvent): UploadState {
  const { phase } = state;
  if (phase === 'stored' || phase === 'given up') return state;
  switch (event) {
    case 'small':
      return phase === 'waiting' ? { ...state, phase: 'whole' } : state;
    case 'large':
      return phase === 'waiting' ? { ...state, phase: 'streaming', beginnings: 1 } : state;
    case 'disk full':
      return phase === 'streaming' || phase === 'restarting' ? { ...state, isPaused: true } : state;
    case 'disk free':
      return { ...state, isPaused: false };
    case 'released':
      return phase === 'streaming' || phase === 'restarting' ? { ...state, hasReleased: true } : state;
    case 'complete':
      return { ...state, isComplete: true };
    case 'parts failed':
      return phase === 'streaming' || phase === 'finishing' ? { ...state, phase: 'restarting' } : state;
    case 'cancelled':
      return phase === 'restarting' ? afterCancelling(state) : state;
    case 'refused':
      return phase === 'restarting' ? { ...state, phase: 'given up' } : state;
    case 'proved':
      return phase === 'streaming' ? { ...state, phase: 'finishing', isPaused: false } : state;
    case 'stored':
      return phase === 'finishing' || phase === 'whole' ? { ...state, phase: 'stored' } : state;
    case 'failed':
      return { ...state, phase: 'given up' };
  }
}

function afterCancelling(state: UploadState): UploadState {
  if (state.hasReleased) return { ...state, phase: 'given up' };
  if (state.isComplete || state.beginnings >= MOST_BEGINNINGS) return { ...state, phase: 'whole', isPaused: false };
  return { ...state, phase: 'streaming', beginnings: state.beginnings + 1 };
}
