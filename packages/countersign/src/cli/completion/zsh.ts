import {
  type Completed,
  type CompletedOption,
  type Grammar,
  type Meant,
  membersOf,
  SOURCE_STARTS,
  URL_START,
  type Way,
} from './grammar.ts'

/** A script for zsh: to be sourced, or a file `_countersign` in a folder of fpath. */
export function zshScript(grammar: Grammar): string {
  const { commands, groups, global, first, topics } = grammar
  const single = commands.filter(({ name }) => !name.includes(' '))
  const { whole, open } = startsOf()
  return `#compdef countersign
# Completion of countersign for zsh, made by: countersign completion zsh
# Nothing of countersign runs while a line is being completed.

_countersign_source() {
  if compset -P '@'; then
    _files
  elif compset -P 'env:'; then
    _parameters -g '*export*'
  else
    local -a whole=(${whole.map(described).join(' ')})
    local -a open=(${open.map(described).join(' ')})
    [[ $argv[-1] == url ]] && open+=(${described(URL_START)})
    _describe -t sources SOURCE open -S '' -- whole
  fi
}

_countersign_url_source() {
  _countersign_source "$@" url
}

# What stands behind \`help\`.
_countersign_help() {
  local -a commands=(${[...first.filter(([word]) => word !== 'help'), ...topics].map(described).join(' ')})
  if ((CURRENT == 2)); then
    _describe -t commands 'command or topic' commands
${groups.map((group) => `  elif [[ $words[2] == ${group} ]]; then\n    _countersign_${group}_names`).join('\n')}
  fi
}

${groups.map((group) => groupFunctions(group, grammar)).join('\n\n')}

_countersign() {
  local curcontext=$curcontext state line ret=1
  typeset -A opt_args
  local -a global=(
${optionLines(global, 4)}
  )
  _arguments -C -s $global ': :->command' '*:: :->words' && ret=0
  case $state in
    command)
      local -a commands=(
${first.map((meant) => `        ${described(meant)}`).join('\n')}
      )
      _describe -t commands command commands && ret=0
      ;;
    words)
      case $line[1] in
        help) _countersign_help && ret=0 ;;
${groups.map((group) => `        ${group}) _countersign_${group} && ret=0 ;;`).join('\n')}
${single.map((command) => argumentsOf(command, command.name, 8)).join('\n')}
      esac
      ;;
  esac
  return ret
}

if [[ $funcstack[1] == _countersign ]]; then
  _countersign "$@"
elif (($+functions[compdef])); then
  compdef _countersign countersign
else
  print -u2 'countersign: run compinit first, as in: autoload -Uz compinit && compinit'
fi
`
}

function groupFunctions(group: string, grammar: Grammar): string {
  const members = grammar.commands.filter(({ name }) => name.startsWith(`${group} `))
  return `_countersign_${group}_names() {
  local -a commands=(
${membersOf(grammar, group)
  .map((meant) => `    ${described(meant)}`)
  .join('\n')}
  )
  _describe -t commands command commands
}

_countersign_${group}() {
  local curcontext=$curcontext state line ret=1
  _arguments -C -s $global ': :->command' '*:: :->words' && ret=0
  case $state in
    command) _countersign_${group}_names && ret=0 ;;
    words)
      case $line[1] in
${members.map((command) => argumentsOf(command, command.name.slice(group.length + 1), 8)).join('\n')}
      esac
      ;;
  esac
  return ret
}`
}

function argumentsOf({ options, words, rest }: Completed, word: string, indent: number): string {
  const before = ' '.repeat(indent)
  const place = (way: Way, which = ''): string => `${before}    ${quote(`${which}: :${action(way)}`)}`
  const places = [...words.map((way) => place(way)), ...(rest ? [place(rest, '*')] : [])]
  return [
    `${before}${word})`,
    `${before}  _arguments -s -S $global \\`,
    [...optionLines(options, indent + 4).split('\n'), ...places].filter((line) => line.trim() !== '').join(' \\\n'),
    `${before}    && ret=0`,
    `${before}  ;;`,
  ]
    .filter((line) => line !== '')
    .join('\n')
    .replace(/(\$global \\|')\n( +&& ret=0)/, (_, end: string, rest: string) =>
      end === "'" ? `' \\\n${rest}` : `$global \\\n${rest}`,
    )
}

function optionLines(options: readonly CompletedOption[], indent: number): string {
  return options.map((option) => `${' '.repeat(indent)}${optionSpec(option)}`).join('\n')
}

/** As `_arguments` takes it: `'*'{-H+,--header=}'[about]:CLAIM: '`. */
function optionSpec({ name, short, about, value, way, isOptional, isRepeatable }: CompletedOption): string {
  const text = `[${about.replaceAll(/[[\]]/g, '\\$&')}]`
  const behind = way === undefined ? '' : `${isOptional ? '::' : ':'}${value.replaceAll(':', '\\:')}:${action(way)}`
  const long = way === undefined ? name : `${name}=${isOptional ? '-' : ''}`
  if (short === undefined) return quote(`${isRepeatable ? '*' : ''}${long}${text}${behind}`)
  const both = `{${short}${way === undefined ? '' : '+'},${long}}`
  return `${quote(isRepeatable ? '*' : `(${short} ${name})`)}${both}${quote(`${text}${behind}`)}`
}

function action(way: Way): string {
  switch (way.kind) {
    case 'words':
      return way.isList ? `_sequence compadd - ${way.words.join(' ')}` : `(${way.words.join(' ')})`
    case 'source':
      return way.orUrl ? '_countersign_url_source' : '_countersign_source'
    case 'file':
      return '_files'
    default:
      return ' '
  }
}

/** Those that are whole, and those that somebody has to go on with. */
function startsOf(): { readonly whole: readonly Meant[]; readonly open: readonly Meant[] } {
  const isWhole = ([word]: Meant): boolean => word === '-' || word === 'clip:' || word === 'prompt:'
  return { whole: SOURCE_STARTS.filter(isWhole), open: SOURCE_STARTS.filter((meant) => !isWhole(meant)) }
}

/** As `_describe` takes it. */
function described([word, about]: Meant): string {
  return quote(`${word.replaceAll(':', '\\:')}:${about}`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
