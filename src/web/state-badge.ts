import { html } from 'hono/html';
import type { BackupResult } from '../core/backup-record.ts';
import type { State } from '../monitor/status.ts';
import type { PointState } from '../restore/restore-points.ts';
import type { Piece } from './layout.ts';

/** The classes of the style sheet that give a state its color and its shape. */
type Tone = 'ok' | 'warning' | 'late' | 'failing' | 'never' | 'running';

const TONES: Readonly<Record<State | BackupResult | PointState, Tone>> = {
  OK: 'ok',
  WARNING: 'warning',
  INCOMPLETE: 'late',
  LATE: 'late',
  FAILING: 'failing',
  NEVER: 'never',
  success: 'ok',
  failed: 'failing',
  running: 'running',
  present: 'ok',
  missing: 'failing',
  unknown: 'never',
  'not in catalogue': 'warning',
  'of another catalogue': 'warning',
};

/** A state as a word of its color with its shape. */
export function stateBadge(state: keyof typeof TONES, tone: Tone = TONES[state]): Piece {
  return html`<span class="badge ${tone}">${state}</span>`;
}
