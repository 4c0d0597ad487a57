// A plugin of TypeDoc: what a function throws is one list under one heading, each with the class of the error.
import { Converter } from 'typedoc'

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const { comment } of Object.values(project.reflections)) if (comment) gather(comment)
  })
}

/** @param {import('typedoc').Comment} comment */
function gather(comment) {
  const thrown = comment.blockTags.filter(({ tag }) => tag === '@throws')
  const [first, ...others] = thrown
  if (first === undefined) return
  const content = thrown.flatMap(({ typeAnnotation = '', content }) => [
    { kind: 'text', text: `\n- \`${typeAnnotation.slice(1, -1)}\` ` },
    ...content,
  ])
  first.content = content
  first.typeAnnotation = undefined
  comment.blockTags = comment.blockTags.filter((tag) => !others.includes(tag))
}
