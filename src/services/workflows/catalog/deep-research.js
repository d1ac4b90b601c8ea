export const meta = {
    name: 'deep-research',
    description: 'Researches a question: several angles, sources read, claims attacked before they count',
    whenToUse: 'For a question that one search does not answer; args is the question as a string',
    phases: [
        { title: 'Scope' }, { title: 'Search' }, { title: 'Read' }, { title: 'Verify' }, { title: 'Synthesise' },
    ],
}

const ANGLES = 5, SOURCES = 15, CLAIMS = 25, VOTES = 3

const question = typeof args === 'string' ? args.trim() : String(args?.question ?? '').trim()
if (!question) {
    return { error: 'no question: give it as args, a string', summary: '', findings: [], dropped: 0 }
}
let dropped = 0
const kept = (list) => list.filter((item) => item !== null || (dropped++, false))
const list = (item) => ({ type: 'array', items: item })
const text = { type: 'string' }
const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties) })
const bounded = (items, most, what) => {
    if (items.length > most) log(`${items.length} ${what}, the first ${most} are used`)
    return items.slice(0, most)
}

phase('Scope')
const scope = await agent(
    `A question is to be researched:\n\n${question}\n\nName up to ${ANGLES} different angles, each with a search that would find sources for it.`,
    { label: 'angles', schema: object({ angles: list(object({ name: text, search: text })) }) },
)
if (!scope) return { summary: 'The question could not be taken apart.', findings: [], dropped: 1 }
const angles = bounded(scope.angles, ANGLES, 'angles')

const seen = new Set()
let read = 0
const perAngle = await pipeline(
    angles,
    (angle) => agent(
        `Question: ${question}\nAngle: ${angle.name}\nSearch for: ${angle.search}\n\nList the best sources: address or file, title, why it matters.`,
        { label: `search ${angle.name}`, phase: 'Search', schema: object({ sources: list(object({ address: text, title: text })) }) },
    ),
    async (found, angle) => {
        const fresh = found.sources.filter((source) => {
            const key = source.address.trim().toLowerCase().replace(/[#?].*$/, '').replace(/\/$/, '')
            if (seen.has(key) || read >= SOURCES) return false
            seen.add(key)
            read++
            return true
        })
        return parallel(fresh.map((source) => () => agent(
            `Question: ${question}\nRead ${source.address} (${source.title}).\n\nList the claims in it that bear on the question, each with the words that support it.`,
            { label: `read ${source.title}`, phase: 'Read', schema: object({ claims: list(object({ claim: text, quote: text })) }) },
        ).then((result) => result && result.claims.map((claim) => ({ ...claim, source: source.address })))))
    },
)
if (read >= SOURCES) log(`${SOURCES} sources were read, more are left out`)
const claims = bounded(kept(kept(perAngle).flat()).flat(), CLAIMS, 'claims')

phase('Verify')
const judged = await pipeline(claims, async (claim) => {
    const votes = kept(await parallel(Array.from({ length: VOTES }, (_, n) => () => agent(
        `Try to refute this claim (reader ${n + 1} of ${VOTES}, on your own).\nClaim: ${claim.claim}\nSource: ${claim.source}\nQuote: ${claim.quote}\n\nIs it refuted?`,
        { label: `verify ${n + 1}`, phase: 'Verify', schema: object({ refuted: { type: 'boolean' }, reason: text }) },
    ))))
    const against = votes.filter((vote) => vote.refuted).length
    return { ...claim, votes: votes.length, against, stands: votes.length > 0 && against < 2 }
})
const standing = kept(judged).filter((claim) => claim.stands)
log(`${standing.length} of ${claims.length} claims stand`)
if (standing.length === 0) {
    return { summary: 'No claim has stood.', findings: [], refuted: judged.length, dropped }
}

phase('Synthesise')
const answer = await agent(
    `Question: ${question}\n\nClaims that have stood an attack:\n${standing.map((c, n) => `${n + 1}. ${c.claim} (${c.source})`).join('\n')}\n\nAnswer the question from these alone. Name the source of each statement.`,
    { label: 'answer' },
)
return {
    summary: answer ?? 'The answer could not be written; the findings stand for themselves.',
    findings: standing.map(({ claim, source, quote }) => ({ claim, source, quote })),
    refuted: claims.length - standing.length,
    dropped: dropped + (answer === null ? 1 : 0),
}
