import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { AnsweredError } from '../../lib/contract/errors.ts';

export type TaskAnswer =
  | { readonly output: object }
  | { readonly error: AnsweredError; readonly cause: string };

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html */
const LONGEST_CAUSE = 32_768;

/** Answers a task token. One that was answered, or whose task ended, is left alone: that is no error. */
export async function answerTask(taskToken: string, answer: TaskAnswer, client: SFNClient): Promise<void> {
  try {
    if ('output' in answer) {
      await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(answer.output) }));
    } else {
      const cause = answer.cause.slice(0, LONGEST_CAUSE);
      await client.send(new SendTaskFailureCommand({ taskToken, error: answer.error, cause }));
    }
  } catch (error) {
    const settled =
      error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
    if (!settled) throw error;
  }
}
