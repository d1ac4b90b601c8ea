export const meta = {
    name: 'find-issues',
    description: 'Looks for defects until nothing new turns up; two of three independent readers must agree',
    whenToUse: 'On code nobody has looked at for long; args is {paths?, max?, rounds?}',
    phases: [{ title: 'Find' }, { title: 'Verify' }],
}

const text = { type: 'string' }
const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties) })
const list = (item) => ({ type: 'array', items: item })
const within = (value, low, high, otherwise) =>
    Number.isInteger(value) ? Math.min(Math.max(value, low), high) : otherwise
const paths = Array.isArray(args?.paths) && args.paths.length > 0 ? args.paths.map(String) : ['the whole repository']
const max = within(args?.max, 1, 50, 10)
const rounds = within(args?.rounds, 1, 10, 3)
const readOnly = { capabilities: ['read', 'search'] }
const VOTES = 3
let dropped = 0
const kept = (items) => items.filter((item) => item !== null || (dropped++, false))

const seen = new Map()
for (let round = 1; round <= rounds && seen.size < max; round++) {
    phase('Find')
    const known = [...seen.values()].map((issue) => `- ${issue.file}:${issue.line} ${issue.title}`).join('\n')
    const found = kept(await parallel(paths.map((path) => () => agent(
        `Look for real defects in ${path}: wrong results, crashes, lost data, unsafe handling of input. Round ${round}.\nKnown already:\n${known || '- nothing'}\n\nList only new ones, with file, line, a title, how bad (high, medium, low) and the evidence. An empty list is a good answer. Change nothing.`,
        { ...readOnly, label: `find ${path} ${round}`, schema: object({ issues: list(object({ file: text, line: { type: 'integer' }, title: text, severity: text, evidence: text })) }) },
    ))))
    let fresh = 0
    for (const issue of found.flatMap((result) => result.issues)) {
        const key = `${issue.file}:${issue.line}:${issue.title.toLowerCase()}`
        if (seen.has(key)) continue
        if (seen.size >= max) {
            log(`${max} issues are enough, more are left out`)
            break
        }
        seen.set(key, issue)
        fresh++
    }
    log(`round ${round}: ${fresh} new`)
    if (fresh === 0) break
}

phase('Verify')
const judged = kept(await pipeline([...seen.values()], async (issue) => {
    const votes = kept(await parallel(Array.from({ length: VOTES }, (_, n) => () => agent(
        `Is this a real defect? Read the code yourself (reader ${n + 1} of ${VOTES}).\n${issue.file}:${issue.line} ${issue.title}\n${issue.evidence}\n\nChange nothing.`,
        { ...readOnly, label: `verify ${issue.title} ${n + 1}`, phase: 'Verify', schema: object({ real: { type: 'boolean' }, reason: text }) },
    ))))
    return { ...issue, agree: votes.filter((vote) => vote.real).length }
}))
const issues = judged.filter((issue) => issue.agree >= 2).map(({ agree, ...issue }) => issue)
return { summary: `${issues.length} issues of ${seen.size} suspected`, issues, dropped }
