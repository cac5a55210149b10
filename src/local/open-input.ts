import { close, constants, createReadStream, fstat, open } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

const later = { open: promisify(open), stat: promisify(fstat), close: promisify(close) };

/**
 * Opens a file to be read as a stream that can be destroyed at any time. A FIFO (`/dev/stdin`, `<(command)`) is opened
 * and read without waiting in a thread: such a wait cannot be ended, and would keep the process after an interruption.
 */
export async function openInput(file: string): Promise<Readable> {
  const fd = await later.open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const isFifo = (await later.stat(fd)).isFIFO();
    return isFifo ? new Socket({ fd, readable: true, writable: false }) : createReadStream(file, { fd });
  } catch (error) {
    await later.close(fd);
    throw error;
  }
}
