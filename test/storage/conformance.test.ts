import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Storage } from '../../src/api/storage.ts';
import { efsOn } from '../../src/storage/efs-here.ts';
import { KINDS, openStorage } from '../../src/storage/kinds.ts';
import { nfsOn } from '../../src/storage/nfs-here.ts';
import { tempDir } from '../support/tempdir.ts';
import { conforms, type Opened, type Subject } from './conformance.ts';
import { fakeMachine } from './fake-machine.ts';

type Key = keyof Storage;

const FS = 'fs-0123456789abcdef0';
const AP = 'fsap-0123456789abcdef0';

const subjects: Readonly<Record<Key, Omit<Subject, 'kind'>>> = {
  localStorage: {
    example: { path: '/data/bert', nodeName: 'worker-7' },
    at: (path) => ({ localStorage: { path, nodeName: 'worker-7' } }),
    open: {
      present: async () => {
        const path = await tempDir();
        writeFileSync(join(path, 'model.gguf'), '');
        return local(path);
      },
      missing: async () => local(join(await tempDir(), 'missing')),
    },
  },
  nfs: {
    example: { server: 'nfs.example.com', path: '/exports/bert', mountPath: '/model' },
    at: (path) => ({ nfs: { server: 'nfs.example.com', path } }),
    open: {
      present: () => {
        const machine = fakeMachine();
        return Promise.resolve({ machine, opening: (signal) => nfsOn(machine).open(NFS, signal) });
      },
      missing: () => {
        const output =
          'mount.nfs: mounting nfs:/no failed, reason given by server: No such file or directory';
        const machine = fakeMachine({ mount: { code: 32, output } });
        return Promise.resolve({ machine, opening: (signal) => nfsOn(machine).open(NFS, signal) });
      },
    },
  },
  AWSEfs: {
    example: { volumeHandle: `${FS}:/bert:${AP}`, attributes: { encryptInTransit: 'true' } },
    at: (path) => ({ AWSEfs: { volumeHandle: `${FS}:${path}:${AP}` } }),
    // https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/pkg/driver/node.go, volumeCapAccessModes
    refusedModes: ['ReadOnlyMany', 'ReadWriteOncePod'],
    open: {
      present: () => {
        const machine = fakeMachine();
        return Promise.resolve({ machine, opening: (signal) => efsOn(machine).open(EFS, signal) });
      },
      missing: () => {
        const output = `Failed to resolve "${FS}.efs.us-east-1.amazonaws.com" - check that your file system ID is correct`;
        const machine = fakeMachine({ mount: { code: 1, output } });
        return Promise.resolve({ machine, opening: (signal) => efsOn(machine).open(EFS, signal) });
      },
    },
  },
  persistentVolumeClaim: {
    example: { claimName: 'models', path: 'bert' },
    at: (path) => ({ persistentVolumeClaim: { claimName: 'models', path } }),
  },
};

const NFS = { server: 'nfs.example.com', path: '/exports/bert' };
const EFS = { volumeHandle: `${FS}:/bert` };

function local(path: string): Opened {
  return { opening: (signal) => openStorage({ localStorage: { path } }, { hostname: 'worker-7' }, signal) };
}

describe('the kinds of storage', () => {
  it('are those of the API, each once', () => {
    // The message of the schema lists its keys.
    const message = Storage.safeParse({}).error?.issues[0]?.message;
    expect(message).toBe(`exactly one of ${KINDS.map(({ key }) => key).join(', ')}`);
  });
});

describe.each(KINDS.map((kind) => [kind.key, kind] as const))('%s', (key, kind) => {
  conforms({ kind, ...subjects[key] });
});
