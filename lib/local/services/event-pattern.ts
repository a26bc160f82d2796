import { isObject } from '../asl/json.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
const OPERATORS: Readonly<Record<string, (value: unknown, operand: unknown) => boolean>> = {
  prefix: (value, operand) => typeof value === 'string' && value.startsWith(String(operand)),
  suffix: (value, operand) => typeof value === 'string' && value.endsWith(String(operand)),
  'equals-ignore-case': (value, operand) => String(value).toLowerCase() === String(operand).toLowerCase(),
  'anything-but': (value, operand) => !(Array.isArray(operand) ? operand : [operand]).includes(value),
  exists: (value, operand) => (value !== undefined) === operand,
};

/** The operators in a pattern that the engine does not know: it refuses such a rule rather than never matching. */
export function unknownOperators(pattern: unknown): string[] {
  if (Array.isArray(pattern)) {
    return pattern
      .filter(isObject)
      .flatMap((operator) => Object.keys(operator).filter((name) => !(name in OPERATORS)));
  }
  return isObject(pattern) ? Object.values(pattern).flatMap(unknownOperators) : [];
}

/** Whether an event matches an EventBridge pattern. */
export function matchesPattern(pattern: unknown, event: unknown): boolean {
  if (!isObject(pattern)) return false;
  return Object.entries(pattern).every(([key, wanted]) => {
    const value = isObject(event) ? event[key] : undefined;
    if (!Array.isArray(wanted)) return matchesPattern(wanted, value);
    const values = Array.isArray(value) ? value : [value];
    return wanted.some((alternative) => values.some((each) => matchesOne(alternative, each)));
  });
}

function matchesOne(alternative: unknown, value: unknown): boolean {
  if (!isObject(alternative)) return alternative === value;
  return Object.entries(alternative).every(([name, operand]) => OPERATORS[name]?.(value, operand) === true);
}
