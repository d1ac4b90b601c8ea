export const meta = {
    name: 'review-code',
    description: 'Reviews a change from several angles; each finding is checked by an agent that did not make it',
    whenToUse: 'Before a merge; args is {target?, level?}: a branch or commit range, and normal, high or max',
    phases: [{ title: 'Scope' }, { title: 'Find' }, { title: 'Check' }, { title: 'Report' }],
}

const text = { type: 'string' }
const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties) })
const list = (item) => ({ type: 'array', items: item })
const level = ['normal', 'high', 'max'].includes(args?.level) ? args.level : 'normal'
const target = args?.target ? String(args.target) : 'the uncommitted changes, or the last commit where there are none'
const ANGLES = [
    ['correctness', 'wrong results, broken edge cases, errors that are swallowed'],
    ['safety', 'injection, leaked secrets, rights that are too wide, unsafe defaults'],
    ['concurrency and resources', 'races, deadlocks, leaks, unbounded growth'],
    ['contracts', 'changed behaviour that callers, stored data or documentation rely on'],
    ['tests', 'what the change does that no test would notice breaking'],
    ['cleanliness', 'dead code, misleading names and comments, needless complexity'],
]
const angles = ANGLES.slice(0, { normal: 3, high: 5, max: 6 }[level])
const FINDINGS = { normal: 12, high: 24, max: 40 }[level]
const readOnly = { capabilities: ['read', 'search', 'execute', 'git'] }
let dropped = 0
const kept = (items) => items.filter((item) => item !== null || (dropped++, false))

phase('Scope')
const scope = await agent(
    `A change is to be reviewed: ${target}.\nLook at it with git. Say in a few lines what it is meant to do, and list its files. Change nothing.`,
    { ...readOnly, label: 'scope', schema: object({ purpose: text, files: list(text) }) },
)
if (!scope) return { summary: 'The change could not be read.', findings: [], dropped: 1 }
if (scope.files.length === 0) return { summary: 'There is nothing to review.', findings: [], dropped: 0 }

phase('Find')
const context = `Change: ${target}\nPurpose: ${scope.purpose}\nFiles:\n${scope.files.join('\n')}`
const found = kept(await parallel(angles.map(([name, what]) => () => agent(
    `${context}\n\nReview it for one thing only: ${name} (${what}). Report what is really wrong, with file, line, what happens, and how bad it is (high, medium, low). An empty list is a good answer. Change nothing.`,
    { ...readOnly, label: name, phase: 'Find', schema: object({ findings: list(object({ file: text, line: { type: 'integer' }, problem: text, severity: text })) }) },
))))

const places = new Map()
for (const { findings } of found) {
    for (const finding of findings) {
        const place = `${finding.file}:${finding.line}`
        if (!places.has(place)) places.set(place, [])
        places.get(place).push(finding)
    }
}
let groups = [...places.entries()]
if (groups.length > FINDINGS) {
    log(`findings at ${groups.length} places, the first ${FINDINGS} are checked`)
    groups = groups.slice(0, FINDINGS)
}

phase('Check')
const checked = kept(await pipeline(groups, ([place, findings]) => agent(
    `${context}\n\nAnother reviewer claims, at ${place}:\n${findings.map((f) => `- ${f.problem} (${f.severity})`).join('\n')}\n\nRead the code and judge: confirmed, doubtful or wrong. Say why. Change nothing.`,
    { ...readOnly, label: place, phase: 'Check', schema: object({ verdict: { enum: ['confirmed', 'doubtful', 'wrong'] }, reason: text, severity: { enum: ['high', 'medium', 'low'] } }) },
), (judgement, [place, findings]) => ({ place, problem: findings[0].problem, ...judgement })))

const rank = { high: 0, medium: 1, low: 2 }
const findings = checked
    .filter((finding) => finding.verdict !== 'wrong')
    .sort((a, b) => rank[a.severity] - rank[b.severity] || (a.place < b.place ? -1 : 1))
const count = (severity) => findings.filter((finding) => finding.severity === severity).length

phase('Report')
return {
    summary: `${findings.length} findings: ${count('high')} high, ${count('medium')} medium, ${count('low')} low; ${checked.length - findings.length} claims were wrong`,
    purpose: scope.purpose,
    findings,
    dropped,
}
