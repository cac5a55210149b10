import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The target of `[text](target)`, of `![text](target)` and of `[label]: target`; also of src and href in HTML. */
const LINK = /\]\(\s*<?([^)\s>]+)|^\s*\[[^\]]+\]:\s*<?([^\s>]+)|\b(?:src|srcset|href)="([^"]+)"/gm;
const CODE = /^ {0,3}(```+|~~~+)[^]*?^ {0,3}\1|`[^`\n]*`/gm;

/** The files that a page links to, without what they link to within it. Pages elsewhere on the web are left out. */
function linkedFiles(markdown: string): string[] {
  return [...markdown.replaceAll(CODE, '').matchAll(LINK)]
    .map(([, inline, reference, html]) => inline ?? reference ?? html ?? '')
    .filter((target) => !/^(?:[a-z][a-z0-9+.-]*:|#|\/\/)/i.test(target))
    .map((target) => decodeURIComponent(target.replace(/[#?].*/, '')));
}

describe('the links of the documentation', () => {
  const pages = globSync(['README.md', 'CONTRIBUTING.md', 'docs/**/*.md'], { cwd: ROOT });

  it('are looked for in pages that are there', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/image.md']));
    expect(
      pages.flatMap((page) => linkedFiles(readFileSync(join(ROOT, page), 'utf8'))).length,
    ).toBeGreaterThan(5);
  });

  it('lead to files that exist', () => {
    const broken = pages.flatMap((page) =>
      linkedFiles(readFileSync(join(ROOT, page), 'utf8'))
        .filter((file) => !existsSync(join(ROOT, dirname(page), file)))
        .map((file) => `${page}: ${file}`),
    );
    expect(broken).toEqual([]);
  });
});

describe('the check itself', () => {
  it.each([
    ['see [a page](docs/a.md#part) and [b](../b.md "title")', ['docs/a.md', '../b.md']],
    ['![chart](bench/a.svg)', ['bench/a.svg']],
    ['[a]: docs/a.md', ['docs/a.md']],
    ['<img src="a.svg"> <a href="https://example.com">', ['a.svg']],
    ['[web](https://example.com/a.md) [part](#part) [mail](mailto:a@example.com)', []],
    ['`[code](a.md)` and\n```sh\n[more](b.md)\n```\n[real](c.md)', ['c.md']],
    ['[space](a%20b.md)', ['a b.md']],
  ])('finds the files in %j', (markdown, files) => {
    expect(linkedFiles(markdown)).toEqual(files);
  });
});
