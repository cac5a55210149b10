import { describe, expect, it } from 'vitest';
import { parseCall } from '../../bench/traced.ts';

describe('what a system call moved', () => {
  it.each([
    ['read(3</m/a.bin>, ""..., 4096) = 4096', { from: '/m/a.bin', to: '', bytes: 4096 }],
    ['pread64(17</m/b c.bin>, ""..., 524288, 1048576) = 100', { from: '/m/b c.bin', to: '', bytes: 100 }],
    ['write(4<socket:[9]>, ""..., 32768) = 1024', { from: '', to: 'socket:[9]', bytes: 1024 }],
    ['sendfile(4<socket:[9]>, 3</m/a>, NULL, 99999) = 77', { from: '/m/a', to: 'socket:[9]', bytes: 77 }],
    ['copy_file_range(3</m/a>, NULL, 4</t/b>, NULL, 99, 0) = 98', { from: '/m/a', to: '/t/b', bytes: 98 }],
    [
      'splice(3</m/a>, NULL, 5<pipe:[2]>, NULL, 65536, 0) = 65536',
      { from: '/m/a', to: 'pipe:[2]', bytes: 65536 },
    ],
  ])('%s', (line, expected) => {
    expect(parseCall(line)).toEqual(expected);
  });

  it.each([
    'read(3</m/a>, "", 4096) = 0',
    'read(3</m/a>, 0x7f, 4096) = -1 EAGAIN (Try again)',
    '+++ exited with 0 +++',
  ])('is nothing in %s', (line) => {
    expect(parseCall(line)).toBeUndefined();
  });
});
