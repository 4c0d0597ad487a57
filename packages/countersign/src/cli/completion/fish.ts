import {
  type CompletedOption,
  type Grammar,
  type Meant,
  membersOf,
  SOURCE_STARTS,
  takingNames,
  URL_START,
  type Way,
} from './grammar.ts'

/** A script for fish 3.1 and later. */
export function fishScript(grammar: Grammar): string {
  const { commands, groups, global, first, topics } = grammar
  const word = (condition: string, [name, about]: Meant): string =>
    `complete -c countersign -n ${quote(condition)} -a ${quote(name)} -d ${quote(about)}`
  const lines = [
    ...global.map((option) => optionLine(option)),
    ...first.map((meant) => word(`__countersign_at ''`, meant)),
    ...groups.flatMap((group) => membersOf(grammar, group).map((meant) => word(`__countersign_at ${group}`, meant))),
    ...groups.flatMap((group) =>
      membersOf(grammar, group).map((meant) =>
        word(`__countersign_at help 1; and test (commandline -opc)[-1] = ${group}`, meant),
      ),
    ),
    ...[...first.filter(([name]) => name !== 'help'), ...topics].map((meant) => word('__countersign_at help 0', meant)),
    ...commands.flatMap(({ name, options, words, rest }) => [
      ...options.map((option) => optionLine(option, `__countersign_in ${quote(name)}`)),
      ...words.flatMap((way, place) => wordLine(way, `__countersign_at ${quote(name)} ${place}`)),
      ...(rest ? wordLine(rest, `__countersign_in ${quote(name)}`) : []),
    ]),
  ]
  return `# Completion of countersign for fish, made by: countersign completion fish
# Nothing of countersign runs while a line is being completed.

# Prints the command of the line, and below it how many words stand behind its name.
function __countersign_place
    set -l words (commandline -opc)
    set -e words[1]
    set -l command ''
    set -l count 0
    set -l skip 0
    set -l over 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if test $over = 0; and test "$word" = --
            set over 1
        else if test $over = 0; and contains -- "$word" ${takingNames(grammar).join(' ')}
            set skip 1
        else if test $over = 0; and string match -q -- '-?*' "$word"
            continue
        else if test -z "$command"
            set command "$word"
        else if contains -- "$command" ${groups.join(' ')}
            set command "$command $word"
        else
            set count (math $count + 1)
        end
    end
    printf '%s\\n' "$command" $count
end

# Whether the line is of a command.
function __countersign_in
    set -l place (__countersign_place)
    test "$place[1]" = "$argv[1]"
end

# Whether the next word is the one at a place of a command: of the first, where none is said.
function __countersign_at
    set -l place (__countersign_place)
    test "$place[1]" = "$argv[1]"; and test "$place[2]" = "$argv[2]" -o -z "$argv[2]"
end

# The word that is being typed, without the option that it may belong to.
function __countersign_typed
    commandline -ct | string replace -r -- '^--[^=]*=' ''
end

function __countersign_source
    set -l typed (__countersign_typed)
    switch "$typed"
        case '@*'
            set -l path (string sub -s 2 -- "$typed")
            for file in $path*
                test -d "$file"; and echo "@$file/"; or echo "@$file"
            end
        case 'env:*'
            set -nx | string replace -r '^' 'env:'
        case '*'
            printf '%s\\t%s\\n' ${SOURCE_STARTS.flatMap((meant) => meant.map(quote)).join(' ')}
    end
end

function __countersign_source_or_url
    __countersign_source
    printf '%s\\t%s\\n' ${URL_START.map(quote).join(' ')}
end

# Words of a list with commas, behind those that stand there already.
function __countersign_list
    set -l head (__countersign_typed | string replace -r '[^,]*$' '')
    set -l taken (string split , -- "$head")
    for word in $argv
        contains -- $word $taken; or echo "$head$word"
    end
end

complete -c countersign -f
${lines.join('\n')}
`
}

function optionLine({ name, short, about, way, isOptional }: CompletedOption, condition?: string): string {
  return [
    'complete -c countersign',
    ...(condition === undefined ? [] : [`-n ${quote(condition)}`]),
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${name.slice(2)}`,
    ...(way === undefined || isOptional ? [] : [valueFlags(way)]),
    `-d ${quote(about)}`,
  ].join(' ')
}

function wordLine(way: Way, condition: string): readonly string[] {
  if (way.kind === 'none') return []
  const flags = way.kind === 'file' ? '-F' : valueFlags(way).replace(/^-x /, '')
  return [`complete -c countersign -n ${quote(condition)} ${flags}`]
}

function valueFlags(way: Way): string {
  switch (way.kind) {
    case 'words':
      return `-x -a ${quote(way.isList ? `(__countersign_list ${way.words.join(' ')})` : way.words.join(' '))}`
    case 'source':
      return `-x -a ${quote(way.orUrl ? '(__countersign_source_or_url)' : '(__countersign_source)')}`
    case 'file':
      return '-r -F'
    default:
      return '-x'
  }
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
