/**
 * The scripts that shells load. Each hands the words up to the cursor to the program's hidden `__complete` and takes
 * a suggestion a line: the word, and behind a tab its description. A line `:files` or `:directories` asks the shell to
 * complete paths itself, which knows `~`, quotes and colours; behind a tab follows what stands before the path in the
 * word. The program is called as the user called it, so `./stowage` completes itself.
 */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for stowage (bash 4.4 or later)
_stowage() {
  local line program=\${COMP_WORDS[0]/#\\~/$HOME}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files*) compopt -o default ;;
      :directories*) compopt -o dirnames ;;
      *) COMPREPLY+=("$line") ;;
    esac
  done < <("$program" __complete bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _stowage stowage
`,

  zsh: `#compdef stowage
# zsh completion for stowage
_stowage() {
  local word description
  local -a suggestions
  while IFS=$'\\t' read -r word description; do
    case $word in
      :files) compset -P "\${(b)description}"; _files; return ;;
      :directories) compset -P "\${(b)description}"; _files -/; return ;;
      *) suggestions+=("\${word//:/\\\\:}\${description:+:$description}") ;;
    esac
  done < <(\${(Q)~words[1]} __complete zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  _describe 'stowage' suggestions
}
if [[ $funcstack[1] == _stowage ]]; then _stowage "$@"; else compdef _stowage stowage; fi
`,

  fish: `# fish completion for stowage
function __stowage_complete
    set -l words (commandline -opc)
    set -l current (string unescape -- (commandline -ct))
    for line in ($words[1] __complete fish -- $words[2..-1] "$current" 2>/dev/null)
        set -l parts (string split -m 1 \\t -- $line)
        switch $parts[1]
            case :files :directories
                set -l path (string sub -s (math (string length -- "$parts[2]") + 1) -- "$current")
                set -l lister __fish_complete_path
                test $parts[1] = :directories; and set lister __fish_complete_directories
                $lister "$path" | string replace -r '^' -- "$parts[2]"
            case '*'
                echo $line
        end
    end
end
complete -c stowage -f -a '(__stowage_complete)'
`,
};
