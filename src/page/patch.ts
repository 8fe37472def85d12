/** Makes nodes be what elements say. What is already right is left alone, so that focus, selection and open parts stay. */
import type { Element as Described } from '../observe/timeline/markup.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** Which attributes of a node are ours: those that a person changes, such as `open`, are not. */
const given = new WeakMap<Element, readonly string[]>();

/** The children of `parent` become `children`. Texts are texts: nothing is ever parsed as markup. */
export function patchChildren(parent: Element, children: readonly (Described | string)[]): void {
  for (const [index, child] of children.entries()) {
    makeRoom(parent, index, children);
    const node = parent.childNodes[index];
    if (node !== undefined && isFor(node, child)) bring(node, child);
    else parent.insertBefore(typeof child === 'string' ? new Text(child) : create(parent, child), node ?? null);
  }
  while (parent.childNodes.length > children.length) parent.lastChild?.remove();
}

/** Takes away what stands at `index` and is for none of the children from there on: what comes after it moves up as it is. */
function makeRoom(parent: Element, index: number, children: readonly (Described | string)[]): void {
  const coming = children.slice(index);
  for (let node = parent.childNodes[index]; node !== undefined; node = parent.childNodes[index]) {
    const here = node;
    if (coming.some((child) => isFor(here, child))) return;
    node.remove();
  }
}

/** Nodes with a `data-key` stand for one thing: another thing gets another node. */
function isFor(node: Node, child: Described | string): boolean {
  if (typeof child === 'string') return node instanceof Text;
  const key = String(child.attributes['data-key'] ?? '');
  return node instanceof Element && node.localName === child.tag && (node.getAttribute('data-key') ?? '') === key;
}

function bring(node: Node, child: Described | string): void {
  if (typeof child !== 'string') {
    if (node instanceof Element) patch(node, child);
  } else if (node.nodeValue !== child) {
    node.nodeValue = child;
  }
}

function create(parent: Element, described: Described): Element {
  const namespace = described.tag === 'svg' || parent.namespaceURI === SVG ? SVG : 'http://www.w3.org/1999/xhtml';
  const node = document.createElementNS(namespace, described.tag);
  patch(node, described);
  return node;
}

function patch(node: Element, { attributes, children }: Described): void {
  const names = Object.keys(attributes);
  const before = given.get(node) ?? [];
  for (const [name, value] of Object.entries(attributes)) {
    // `open` is a start: after it, the reader decides.
    if (name === 'open' && before.includes(name)) continue;
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
  }
  for (const name of before) if (!names.includes(name) && name !== 'open') node.removeAttribute(name);
  given.set(node, names);
  patchChildren(node, children);
}
