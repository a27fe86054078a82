// The sorted assembly, decision by decision, as paflib.parser.assemble_sorted has it; held equal to it by tests/widgets.
// peaks: [{part, score}]; connections: [{limb, a, b, score}] with a and b indices into peaks; limbs: [[start, end]] parts.

/** The connections in the order in which they are considered: best first, of equal ones by limb, then a, then b. */
export function assemblyOrder(peaks, connections, peakWeight = 0) {
  const weighed = connections.map((c) => ({ ...c, weight: c.score + peakWeight * (peaks[c.a].score + peaks[c.b].score) }));
  return weighed.sort((p, q) => q.weight - p.weight || p.limb - q.limb || p.a - q.a || p.b - q.b);
}

/**
 * The first `upTo` decisions over ordered connections: {trace, people, owner}.
 *
 * trace: [{step, limb, a, b, score, rule, person, other}], people: [{number, parts: Map(part -> peak), limbs, score}],
 * merged ones empty; owner: Map(peak -> person). contradiction: "merge" or "ignore".
 */
export function assembleSorted(peaks, ordered, limbs, { contradiction = "merge", upTo = ordered.length } = {}) {
  const people = [], owner = new Map(), trace = [];
  const join = (person, a, b, [start, end]) => {
    for (const [peak, part] of [[a, start], [b, end]]) {
      if (owner.has(peak)) continue;
      person.parts.set(part, peak);
      owner.set(peak, person);
      person.score += peaks[peak].score;
    }
  };
  const decide = ({ limb, a, b }) => {
    const one = owner.get(a) ?? null, two = owner.get(b) ?? null;
    if (!one && !two) return ["new", null, null];
    if (one && two) {
      if (one === two) return ["confirmed", one, null];
      const disjoint = [...one.parts.keys()].every((part) => !two.parts.has(part));
      return [disjoint && contradiction === "merge" ? "merged" : "contradiction", one, two];
    }
    const person = one ?? two, missing = limbs[limb][one ? 1 : 0];
    return [person.parts.has(missing) ? "occupied" : "extended", person, null];
  };
  for (const connection of ordered.slice(0, upTo)) {
    const { limb, a, b, score } = connection;
    let [rule, person, other] = decide(connection);
    if (rule === "new") {
      person = { number: people.length, parts: new Map(), limbs: [], score: 0 };
      people.push(person);
    }
    if (rule === "new" || rule === "extended") join(person, a, b, limbs[limb]);
    if (rule === "merged") {
      for (const [part, peak] of other.parts) { person.parts.set(part, peak); owner.set(peak, person); }
      person.limbs.push(...other.limbs);
      person.score += other.score;
      other.parts = new Map(); other.limbs = []; other.score = 0;
    }
    if (rule !== "occupied" && rule !== "contradiction") { person.score += score; person.limbs.push(limb); }
    trace.push({ step: "assemble", limb, a, b, score, rule, person: person.number, other: other ? other.number : null });
  }
  return { trace, people, owner };
}

/** Whether a person is kept at the end: enough parts, and enough score for each. */
export function keepsPerson({ parts, score }, { minParts, minScore }) {
  return parts.size >= minParts && score / parts.size >= minScore;
}
