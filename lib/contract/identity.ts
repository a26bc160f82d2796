/** The last part of an ARN, by which people know somebody: the name of a user, or of a role's session. */
export const nameOf = (arn: string): string =>
  arn.startsWith('arn:') ? (arn.split('/').at(-1) ?? arn) : arn;
