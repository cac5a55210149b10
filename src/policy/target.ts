import { parseReference, type Reference } from '../registry/reference.ts';
import type { Impossible, Wish } from './wish.ts';
import { few, shown } from './words.ts';

type Target = Pick<Reference, 'host' | 'repository'>;

/** The wish to send an image to a repository. */
export function targetWish(imageRepo: string): Wish | Impossible {
  const target = targetOf(imageRepo);
  if (target === undefined)
    return {
      impossible: `no StoragePolicy can allow the target ${shown(imageRepo)}: it is no repository in a registry`,
      hint: 'Write spec.imageRepo like registry.example.com/team-a/bert.',
    };
  return {
    words: `send to ${shown(imageRepo)}`,
    rules: { targets: [`${target.host}/${target.repository}`] },
    isAllowedBy: ({ targets }) => targets.some((prefix) => isIn(target, prefix)),
    insteadIn: ({ targets }) => `only the targets ${few(targets.map(shown))}`,
  };
}

function targetOf(imageRepo: string): Target | undefined {
  const reference = imageRepo.startsWith('oci:') ? undefined : parsed(imageRepo);
  return reference?.tag === undefined && reference?.digest === undefined ? reference : undefined;
}

/** Whether a target is what a prefix names, or lies below it: `r.io/team/a` below `r.io/team`, not `r.io/teams`. */
function isIn({ host, repository }: Target, prefix: string): boolean {
  const [first = '', ...rest] = prefix.split('/');
  if (hostOf(first) !== host) return false;
  const below = rest.join('/');
  return below === '' || repository === below || repository.startsWith(`${below}/`);
}

/** Two words, which Docker Hub has as they are. */
const ANY = 'any/repository';

/**
 * The host as it is in a parsed reference: in lower case, Docker Hub by one name. Undefined where a reference would not
 * have it as its host, such as `team-a`, which is a user of Docker Hub there: a prefix is written out.
 */
function hostOf(text: string): string | undefined {
  const reference = parsed(`${text}/${ANY}`);
  return reference?.repository === ANY ? reference.host : undefined;
}

function parsed(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}
