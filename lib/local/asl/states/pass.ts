import type { StateRunner } from '../branch.ts';
import { leave } from '../frame.ts';

export const pass: StateRunner = async (state, visit) => ({
  ...(await leave(visit, state, visit.input)),
  next: state.Next,
});

export const succeed: StateRunner = async (state, visit) => await leave(visit, state, visit.input);
