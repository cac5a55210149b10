import { describe, expect, it } from 'vitest';
import { TAR_END_BYTES, tarHeader, tarPadding, type TarEntry } from '../../src/image/tar.ts';

/** The bytes of a header as text: `<7>` are seven zeros, `\0` is one. */
function readable(header: Buffer): string {
  return header
    .toString('latin1')
    .replaceAll(/\0{2,}/g, (zeros) => `<${zeros.length}>`)
    .replaceAll('\0', String.raw`\0`);
}

const OWNER = String.raw`0000000\00000000\0`;
const NO_TIME = String.raw`00000000000\0`;
const USTAR = String.raw`ustar\000<64>0000000\00000000`;
const NO_PREFIX = `${USTAR}<168>`;
const EIGHT_GIB = 8 * 1024 ** 3;
const n = (count: number): string => 'n'.repeat(count);

describe('the bytes of a header', () => {
  const table: [string, TarEntry, string][] = [
    [
      'a file',
      { type: 'file', path: 'models/config.json', size: 570 },
      String.raw`models/config.json<82>0000644\0${OWNER}00000001072\0${NO_TIME}012630\0 0<100>${NO_PREFIX}`,
    ],
    [
      'a directory',
      { type: 'directory', path: 'models' },
      String.raw`models/<93>0000755\0${OWNER}00000000000\0${NO_TIME}010470\0 5<100>${NO_PREFIX}`,
    ],
    [
      'a symbolic link',
      { type: 'symlink', path: 'kubedl-model', target: 'models' },
      String.raw`kubedl-model<88>0000777\0${OWNER}00000000000\0${NO_TIME}012677\0 2models<94>${NO_PREFIX}`,
    ],
    [
      'a file of 8 GiB less one byte',
      { type: 'file', path: 'models/a', size: EIGHT_GIB - 1 },
      String.raw`models/a<92>0000644\0${OWNER}77777777777\0${NO_TIME}010736\0 0<100>${NO_PREFIX}`,
    ],
    [
      'a file of 8 GiB and one byte',
      { type: 'file', path: 'models/a', size: EIGHT_GIB + 1 },
      `models/a<92>0000644\\0${OWNER}\x80<6>\x02<3>\x01${NO_TIME}010004\\0 0<100>${NO_PREFIX}`,
    ],
    [
      'a name of 100 bytes',
      { type: 'file', path: n(100), size: 0 },
      String.raw`${n(100)}0000644\0${OWNER}00000000000\0${NO_TIME}034565\0 0<100>${NO_PREFIX}`,
    ],
    [
      'a name that goes into name and prefix',
      { type: 'file', path: `${'p'.repeat(155)}/${n(100)}`, size: 0 },
      String.raw`${n(100)}0000644\0${OWNER}00000000000\0${NO_TIME}076505\0 0<100>${USTAR}\0${'p'.repeat(155)}<12>`,
    ],
    [
      'a directory whose name has 100 bytes and a slash',
      { type: 'directory', path: `d/${n(98)}` },
      String.raw`${n(98)}/\00000755\0${OWNER}00000000000\0${NO_TIME}034464\0 5<100>${USTAR}\0d<166>`,
    ],
    [
      'a name that no slash parts',
      { type: 'file', path: n(101), size: 5 },
      String.raw`PaxHeaders<90>0000644\0${OWNER}00000000157\0${NO_TIME}011267\0 x<100>${NO_PREFIX}` +
        `111 path=${n(101)}\n<401>` +
        String.raw`${n(100)}0000644\0${OWNER}00000000005\0${NO_TIME}034572\0 0<100>${NO_PREFIX}`,
    ],
    [
      'a link with a target of 101 bytes',
      { type: 'symlink', path: 'l', target: n(101) },
      String.raw`PaxHeaders<90>0000644\0${OWNER}00000000163\0${NO_TIME}011264\0 x<100>${NO_PREFIX}` +
        `115 linkpath=${n(101)}\n<397>` +
        String.raw`l<99>0000777\0${OWNER}00000000000\0${NO_TIME}034752\0 2${n(100)}${NO_PREFIX}`,
    ],
  ];
  it.each(table)('of %s', (_, entry, expected) => {
    expect(readable(tarHeader(entry))).toBe(expected);
  });

  it('hold a name in UTF-8 as it is', () => {
    const header = tarHeader({ type: 'file', path: 'modèle/重み', size: 0 });
    expect(header.subarray(0, 15).toString('hex')).toBe('6d6f64c3a86c652fe9878de381bf00');
  });
});

describe('a name is parted', () => {
  const split = (path: string): [prefix: string, name: string] => {
    const header = tarHeader({ type: 'file', path, size: 0 });
    const text = (start: number, end: number): string =>
      header.subarray(start, end).toString().replace(/\0+$/, '');
    return header.length > 512 ? ['PAX', ''] : [text(345, 500), text(0, 100)];
  };
  const p = (count: number): string => 'p'.repeat(count);
  const table: [string, string, [string, string]][] = [
    ['not at all up to 100 bytes, slashes or not', `a/${n(98)}`, ['', `a/${n(98)}`]],
    ['at its only slash', `${p(50)}/${n(51)}`, [p(50), n(51)]],
    [
      'at the last slash that leaves 155 bytes before',
      `${p(100)}/${p(54)}/${n(40)}`,
      [`${p(100)}/${p(54)}`, n(40)],
    ],
    [
      'at an earlier slash where the last comes too late',
      `${p(90)}/${p(70)}/${n(20)}`,
      [p(90), `${p(70)}/${n(20)}`],
    ],
    ['with 155 and 100 bytes', `${p(155)}/${n(100)}`, [p(155), n(100)]],
    ['by PAX with 156 bytes before the slash', `${p(156)}/${n(10)}`, ['PAX', '']],
    ['by PAX with 101 bytes after the slash', `${p(155)}/${n(101)}`, ['PAX', '']],
    ['by PAX where the only slash comes first', `/${n(100)}`, ['PAX', '']],
    ['by bytes, not by characters', `${'é'.repeat(77)}/${'é'.repeat(50)}`, ['é'.repeat(77), 'é'.repeat(50)]],
    [
      'by PAX where characters would fit and bytes do not',
      `${'é'.repeat(78)}/${'é'.repeat(50)}`,
      ['PAX', ''],
    ],
  ];
  it.each(table)('%s', (_, path, expected) => {
    expect(split(path)).toEqual(expected);
  });
});

describe('padding', () => {
  it.each([
    [0, 0],
    [1, 511],
    [511, 1],
    [512, 0],
    [513, 511],
    [9 * 1024 ** 3 + 7, 505],
  ])('of %d bytes is %d', (size, padding) => {
    expect(tarPadding(size)).toBe(padding);
  });

  it('at the end is two blocks', () => {
    expect(TAR_END_BYTES).toBe(2 * 512);
  });
});
