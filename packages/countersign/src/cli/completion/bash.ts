import {
  type CompletedOption,
  type Grammar,
  membersOf,
  SOURCE_STARTS,
  takingNames,
  URL_START,
  type Way,
} from './grammar.ts'

/** A script for bash 3.2 and later. */
export function bashScript(grammar: Grammar): string {
  const { commands, groups, global, first, topics } = grammar
  const names = (options: readonly CompletedOption[]): string => options.map(({ name }) => name).join(' ')
  const firsts = first.map(([word]) => word)
  const below = [
    `'') REPLY='words ${firsts.join(' ')}' ;;`,
    ...groups.map((group) => `${quote(group)}) REPLY='words ${words(membersOf(grammar, group))} help' ;;`),
    `'help 0') REPLY='words ${[...firsts.filter((word) => word !== 'help'), ...topics.map(([word]) => word)].join(' ')}' ;;`,
    ...commands.flatMap(({ name, words: ways, rest }) => [
      ...ways.flatMap((way, place) =>
        way.kind === 'none' ? [] : [`${quote(`${name} ${place}`)}) REPLY='${wayText(way)}' ;;`],
      ),
      ...(rest ? [`${quote(`${name} `)}*) REPLY='${wayText(rest)}' ;;`] : []),
    ]),
  ]
  const values = [{ name: '', options: global }, ...commands].flatMap(({ name, options }) =>
    options.flatMap(({ name: option, short, way }) => {
      if (way === undefined || way.kind === 'none') return []
      const spelt = [option, ...(short === undefined ? [] : [short])]
      const patterns = spelt.map((each) => (name === '' ? `*${quote(` ${each}`)}` : quote(`${name} ${each}`)))
      return [`${patterns.join(' | ')}) REPLY='${wayText(way)}' ;;`]
    }),
  )
  return `# Completion of countersign for bash, made by: countersign completion bash
# Nothing of countersign runs while a line is being completed.

__countersign_options() {
  case $1 in
${commands.map(({ name, options }) => `    ${quote(name)}) REPLY='${names(options)}' ;;`).join('\n')}
    *) REPLY='' ;;
  esac
  REPLY="$REPLY ${names(global)}"
}

# What stands at a place: "COMMAND PLACE", or the beginning of a command.
__countersign_word() {
  case $1 in
${below.map((line) => `    ${line}`).join('\n')}
    *) REPLY='' ;;
  esac
}

# What stands behind an option: "COMMAND --OPTION".
__countersign_value() {
  case $1 in
${values.map((line) => `    ${line}`).join('\n')}
    *) REPLY='' ;;
  esac
}

# Whether the next word is the value of an option.
__countersign_takes() {
  case $1 in
    ${takingNames(grammar).map(quote).join(' | ')}) return 0 ;;
  esac
  return 1
}

# Adds what begins with $1; behind a word that is whole comes a space.
__countersign_offer() {
  local value=$1 word
  shift
  for word; do
    [[ $word == "$value"* ]] || continue
    case $word in
      @ | env: | fd: | */ | *=) COMPREPLY+=("$before$word") ;;
      *) COMPREPLY+=("$before$word ") ;;
    esac
  done
}

# Files behind an @, which readline takes for a part of the name: so it can neither quote it nor see what is a folder.
__countersign_at_files() {
  local path=\${1//\\\\/} file end
  while IFS= read -r file; do
    end=' '
    [[ -d $file ]] && end=/
    if [[ ! $quoted ]]; then
      printf -v file %q "$file"
    elif [[ $end == ' ' ]]; then
      end=''
    fi
    COMPREPLY+=("$before@$file$end")
  done < <(compgen -f -- "$path")
}

# Files for readline, which puts a backslash before what is odd in a name, and a slash behind that of a folder.
__countersign_files() {
  local file
  while IFS= read -r file; do
    COMPREPLY+=("$before$file")
  done < <(compgen -f -- "\${1//\\\\/}")
  compopt -o filenames +o nospace 2> /dev/null
}

__countersign_complete() {
  local way=$1 value=$2
  case $way in
    'words '*)
      # shellcheck disable=SC2086
      __countersign_offer "$value" \${way#words }
      ;;
    'list '*)
      local head=\${value%"\${value##*,}"} word
      before=$before$head
      for word in \${way#list }; do
        [[ ,$head == *,"$word",* ]] && continue
        [[ $word == "\${value##*,}"* ]] && COMPREPLY+=("$before$word")
      done
      ;;
    file) __countersign_files "$value" ;;
    source*)
      case $value in
        @*) __countersign_at_files "\${value#@}" ;;
        env:*)
          local name
          while IFS= read -r name; do
            COMPREPLY+=("\${before}env:$name ")
          done < <(compgen -e -- "\${value#env:}")
          ;;
        *)
          # shellcheck disable=SC2086
          __countersign_offer "$value" ${SOURCE_STARTS.map(([start]) => start).join(' ')} \${way#source}
          ;;
      esac
      ;;
  esac
}

_countersign() {
  COMPREPLY=()
  # Readline divides words at = and :, too. What has no space between is one word here.
  local rest=$COMP_LINE words=() count=0 index piece
  for ((index = 0; index <= COMP_CWORD; index++)); do
    piece=\${COMP_WORDS[index]}
    if ((count > 0)) && [[ -n $piece && $rest == "$piece"* ]]; then
      words[count - 1]=\${words[count - 1]}$piece
    else
      words[count]=$piece
      count=$((count + 1))
    fi
    rest=\${rest#*"$piece"}
  done

  local command='' group='' place=0 over='' takes='' last='' word REPLY
  for ((index = 1; index < count - 1; index++)); do
    word=\${words[index]}
    last=$word
    if [[ $takes ]]; then
      takes=''
    elif [[ ! $over && $word == -- ]]; then
      over=1
    elif [[ ! $over && $word == -?* ]]; then
      __countersign_takes "$word" && takes=$word
    elif [[ $command ]]; then
      place=$((place + 1))
    elif [[ $group ]]; then
      command="$group $word"
    else
      case $word in
        ${groups.map(quote).join(' | ')}) group=$word ;;
        *) command=$word ;;
      esac
    fi
  done

  # What readline leaves of the word stands before what is offered, and is cut away again.
  local current='' cut='' before='' quoted=''
  ((count > 1)) && current=\${words[count - 1]}
  case $current in
    [\\"\\']*)
      quoted=1
      current=\${current:1}
      ;;
    *)
      local left=$current
      while [[ $left && \${left: -1} != [=:] ]]; do left=\${left%?}; done
      [[ $left && $COMP_WORDBREAKS == *"\${left: -1}"* ]] && cut=$left
      ;;
  esac

  if [[ $last == [\\<\\>] || $last == [0-9][\\<\\>] || $last == '>>' ]]; then
    __countersign_files "$current"
  elif [[ $takes ]]; then
    __countersign_value "$command $takes"
    __countersign_complete "$REPLY" "$current"
  elif [[ ! $over && $current == --*=* ]]; then
    __countersign_value "$command \${current%%=*}"
    before=\${current%%=*}=
    __countersign_complete "$REPLY" "\${current#*=}"
  elif [[ ! $over && $current == -?* ]]; then
    __countersign_options "$command"
    # shellcheck disable=SC2086
    __countersign_offer "$current" $REPLY
  elif [[ ! $over && $current == - && ! $command ]]; then
    __countersign_options ''
    # shellcheck disable=SC2086
    __countersign_offer "$current" $REPLY
  else
    if [[ $command == help && $place == 1 ]]; then
      __countersign_word "\${words[count - 2]}"
    elif [[ $command ]]; then
      __countersign_word "$command $place"
    else
      __countersign_word "$group"
    fi
    __countersign_complete "$REPLY" "$current"
    # A dash alone may be the standard input, and the beginning of an option.
    if [[ $current == - ]]; then
      __countersign_options "$command"
      # shellcheck disable=SC2086
      __countersign_offer - $REPLY
    fi
  fi

  for ((index = 0; index < \${#COMPREPLY[@]}; index++)); do
    COMPREPLY[index]=\${COMPREPLY[index]#"$cut"}
  done
}

complete -o nospace -F _countersign countersign
`
}

function wayText(way: Way): string {
  if (way.kind === 'words') return `${way.isList ? 'list' : 'words'} ${way.words.join(' ')}`
  return way.kind === 'source' && way.orUrl ? `source ${URL_START[0]}` : way.kind
}

function words(meant: readonly (readonly [string, string])[]): string {
  return meant.map(([word]) => word).join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
