/** What can be rendered: an array repeats its element's name. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | XmlValue[]
  | { readonly [name: string]: XmlValue };

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

/** `{ a: { b: [1, 2] } }` -> `<a><b>1</b><b>2</b></a>`. */
export function renderXml(value: { readonly [name: string]: XmlValue }): string {
  return Object.entries(value)
    .flatMap(([name, item]) => (Array.isArray(item) ? item : [item]).map((each) => element(name, each)))
    .join('');
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  const inner =
    typeof value === 'object'
      ? renderXml(value as { readonly [name: string]: XmlValue })
      : String(value).replace(/[&<>"\r]/g, (c) => ESCAPES[c]!);
  const [tag = ''] = name.split(' ');
  return `<${name}>${inner}</${tag}>`;
}
