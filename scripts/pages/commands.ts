import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.ts';

/** docs/cli.md: what \`--help\` says of each command. */
export function commandsPage(): string {
  const program = buildProgram();
  const commands = program.commands
    .filter((command) => !isHidden(program, command))
    .flatMap((command) => [command, ...command.commands]);
  return `# The command line

Results go to stdout, progress and errors to stderr. With \`-o json\` stdout of \`apply\` and \`pack\` is
one JSON document, also when the build fails.

Every verb but \`pack\` works on this machine, or with \`--kube\`, \`--context\` or \`--kubeconfig\` on a cluster; \`logs\`,
\`wait\`, \`retry\`, \`cancel\` and \`compare\` only there.

| exit code | meaning |
|---|---|
| 0 | done; everything that was applied is Ready |
| 1 | a build failed, or did not end in the time given; a cluster or a registry did not answer |
| 2 | the call or the declaration is wrong; nothing was tried |
| 130 | interrupted |

| variable | meaning |
|---|---|
| \`STOWAGE_STATE\` | directory that remembers what was applied; default \`$XDG_STATE_HOME/stowage\` |
| \`KUBECONFIG\` | kubeconfig for \`--kube\` and \`--context\`; without one, the cluster around this pod, else \`~/.kube/config\` |
| \`STOWAGE_IMAGE\` | image of the controller and of builders, for \`manifests\` |
| \`DOCKER_CONFIG\`, \`REGISTRY_AUTH_FILE\` | where credentials are ([registries.md](registries.md)) |
| \`HTTPS_PROXY\`, \`HTTP_PROXY\`, \`NO_PROXY\` | proxies |
| \`NO_COLOR\`, \`FORCE_COLOR\` | colours never, or always |

${[program, ...commands].map(section).join('\n\n')}
`;
}

function isHidden(program: Command, command: Command): boolean {
  return !program.createHelp().visibleCommands(program).includes(command);
}

function section(command: Command): string {
  let text = '';
  // The width of the page and not that of the terminal in which it is made.
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  const title = nameOf(command);
  return `## ${title}\n\n\`\`\`text\n${text.trim()}\n\`\`\``;
}

/** `stowage policy test` */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
