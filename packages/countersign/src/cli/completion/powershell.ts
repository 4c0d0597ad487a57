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

/** A script for PowerShell 5.1 and later. */
export function powershellScript(grammar: Grammar): string {
  const { commands, groups, global, first, topics } = grammar
  const places = [
    ["''", table(first)],
    ...groups.map((group) => [quote(group), table(membersOf(grammar, group))] as const),
    [quote('help 0'), table([...first.filter(([word]) => word !== 'help'), ...topics])],
  ] as const
  const words = commands.flatMap(({ name, words: ways, rest }) =>
    [...ways.entries(), ...(rest ? [['*', rest] as const] : [])].map(
      ([place, way]) => `        ${quote(`${name} ${place}`)} = ${quote(wayText(way))}`,
    ),
  )
  const options = [{ name: '', options: global }, ...commands].map(
    (row) =>
      `        ${quote(row.name)} = @(\n${row.options.map((option) => `            ${optionRow(option)}`).join('\n')}\n        )`,
  )
  return `# Completion of countersign for PowerShell, made by: countersign completion powershell
# Nothing of countersign runs while a line is being completed.

Register-ArgumentCompleter -Native -CommandName countersign -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $names = @{
${places.map(([name, rows]) => `        ${name} = ${rows}`).join('\n')}
    }
    # What stands at a place of a command.
    $places = @{
${words.join('\n')}
    }
    # Options: long name, short name, what its value may be, what it is for.
    $options = @{
${options.join('\n')}
    }
    $taking = @(${takingNames(grammar).map(quote).join(', ')})
    $groups = @(${groups.map(quote).join(', ')})

    $command = ''
    $place = 0
    $over = $false
    $takes = ''
    $last = ''
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        $word = if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value } else { $element.Extent.Text }
        if ($takes) { $takes = '' }
        elseif (-not $over -and $word -ceq '--') { $over = $true }
        elseif (-not $over -and $taking -ccontains $word) { $takes = $word }
        elseif (-not $over -and $word -match '^-.') { }
        elseif (-not $command) { $command = $word }
        elseif ($groups -ccontains $command) { $command = "$command $word" }
        else { $place++ }
        $last = $word
    }
    $available = @($options[''])
    if ($command -and $options.ContainsKey($command)) { $available += $options[$command] }

    # A bare @ means something else to PowerShell, so what begins with it stands in quotes.
    function Offer([string] $text, [string] $about) {
        if (-not $about) { $about = $text }
        $written = if ($text -match '[@\\s;,(){}$&|]') { "'" + ($text -replace "'", "''") + "'" } else { $text }
        [System.Management.Automation.CompletionResult]::new($written, $text, 'ParameterValue', $about)
    }

    function OfferValue([string] $way, [string] $before, [string] $typed) {
        $kind, $choices = $way -split ' '
        switch ($kind) {
            'words' { $choices | Where-Object { $_.StartsWith($typed) } | ForEach-Object { Offer "$before$_" $_ } }
            'list' {
                $head = $typed -replace '[^,]*$', ''
                $taken = $head -split ','
                $choices | Where-Object { $taken -cnotcontains $_ -and "$head$_".StartsWith($typed) } | ForEach-Object { Offer "$before$head$_" $_ }
            }
            'file' { OfferFile $before $typed }
            'source' {
                if ($typed -like '@*') { OfferFile "$before@" $typed.Substring(1) }
                elseif ($typed -like 'env:*') {
                    Get-ChildItem env: | Where-Object { "env:$($_.Name)".StartsWith($typed) } | ForEach-Object { Offer "\${before}env:$($_.Name)" '' }
                }
                else {
                    $starts = ${table(SOURCE_STARTS)}
                    if ($choices) { $starts[$choices] = ${quote(URL_START[1])} }
                    $starts.GetEnumerator() | Where-Object { $_.Key.StartsWith($typed) } | ForEach-Object { Offer "$before$($_.Key)" $_.Value }
                }
            }
        }
    }

    function OfferFile([string] $before, [string] $typed) {
        $folder = $typed -replace '[^/\\\\]*$', ''
        Get-ChildItem -Path "$([WildcardPattern]::Escape($typed))*" -ErrorAction SilentlyContinue | ForEach-Object { Offer "$before$folder$($_.Name)" $_.FullName }
    }

    $typed = $wordToComplete.Trim("'", '"')
    if ($takes) {
        $row = $available | Where-Object { $_[0] -ceq $takes -or $_[1] -ceq $takes } | Select-Object -First 1
        if ($row) { OfferValue $row[2] '' $typed }
    }
    elseif (-not $over -and $typed -match '^(--[^=]+)=(.*)$') {
        $option, $value = $Matches[1], $Matches[2]
        $row = $available | Where-Object { $_[0] -ceq $option } | Select-Object -First 1
        if ($row) { OfferValue $row[2] "$option=" $value }
    }
    elseif (-not $over -and $typed -like '-*') {
        $available | Where-Object { $_[0].StartsWith($typed) } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterName', $_[3])
        }
    }
    else {
        $here = if ($command -ceq 'help' -and $place -eq 1) { $last }
        elseif ($names.ContainsKey($command)) { $command }
        else { "$command $place" }
        if ($names.ContainsKey($here)) {
            $names[$here].GetEnumerator() | Where-Object { $_.Key.StartsWith($typed) } | ForEach-Object { Offer $_.Key $_.Value }
        }
        elseif ($places.ContainsKey($here)) { OfferValue $places[$here] '' $typed }
        elseif ($places.ContainsKey("$command *")) { OfferValue $places["$command *"] '' $typed }
    }
}
`
}

/** A table that keeps its order. */
function table(rows: readonly Meant[]): string {
  return `[ordered]@{ ${rows.map(([word, about]) => `${quote(word)} = ${quote(about)}`).join('; ')} }`
}

function optionRow({ name, short, about, way }: CompletedOption): string {
  const row = [name, short ?? '', way === undefined ? '' : wayText(way), about]
  return `, @(${row.map(quote).join(', ')})`
}

function wayText(way: Way): string {
  if (way.kind === 'words') return `${way.isList ? 'list' : 'words'} ${way.words.join(' ')}`
  return way.kind === 'source' && way.orUrl ? `source ${URL_START[0]}` : way.kind
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
