import { isObject } from '../asl/json.ts';

/** What a resource answers to Ref and GetAtt. */
export interface ResourceNames {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ResolutionScope {
  readonly pseudo: Readonly<Record<string, string>>;
  resource(logicalId: string): ResourceNames;
}

/**
 * Evaluates CloudFormation's intrinsic functions as far as synthesized templates use them.
 * @throws Error naming a function that is not supported
 */
export function resolve(value: unknown, scope: ResolutionScope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope));
  if (!isObject(value)) return value;
  const [key, ...others] = Object.keys(value);
  if (key !== undefined && others.length === 0 && (key === 'Ref' || key.startsWith('Fn::'))) {
    return applyIntrinsic(key, value[key], scope);
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolve(item, scope)]));
}

function applyIntrinsic(name: string, argument: unknown, scope: ResolutionScope): unknown {
  switch (name) {
    case 'Ref':
      return reference(String(argument), scope);
    case 'Fn::GetAtt': {
      const [logicalId = '', attribute = ''] = Array.isArray(argument)
        ? argument
        : String(argument).split('.');
      return attributeOf(logicalId, attribute, scope);
    }
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return (resolve(parts, scope) as string[]).join(separator);
    }
    case 'Fn::Sub': {
      const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, object];
      const own = resolve(variables, scope) as Record<string, string>;
      return text.replace(/\$\{([^}!]+)\}/g, (_, key: string) => {
        if (key in own) return own[key]!;
        const [logicalId = '', attribute] = key.split('.');
        return attribute ? attributeOf(logicalId, attribute, scope) : reference(key, scope);
      });
    }
    case 'Fn::Select': {
      const [index, list] = argument as [number | string, unknown];
      return (resolve(list, scope) as unknown[])[Number(index)];
    }
    case 'Fn::Split': {
      const [separator, text] = argument as [string, unknown];
      return String(resolve(text, scope)).split(separator);
    }
    default:
      throw new Error(`the template uses ${name}, which the embedded engine does not support`);
  }
}

const reference = (name: string, scope: ResolutionScope): string =>
  scope.pseudo[name] ?? scope.resource(name).ref;

function attributeOf(logicalId: string, attribute: string, scope: ResolutionScope): string {
  const value = scope.resource(logicalId).attributes[attribute];
  if (value === undefined)
    throw new Error(`the embedded engine does not know the attribute ${logicalId}.${attribute}`);
  return value;
}
