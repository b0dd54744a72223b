"""Bugs to plant in the phone's check, by name: the bundle that finds it; file, text, and what becomes of that."""

PLANTED_BUGS: dict[str, tuple[str, tuple[str, str, str]]] = {
    # --- bytes ---
    "base64 in any spelling": (
        "signature respelled and logged so",
        ("bytes.js", "return encode(bytes) === text ? bytes :", "return true ? bytes :"),
    ),
    "names may stand twice": ("payload with a name twice", ("bytes.js", "if (name in object)", "if (false)")),
    "texts in any Unicode": (
        "payload with decomposed letters",
        ("bytes.js", "FORBIDDEN.test(value) || value !== value.normalize()", "false"),
    ),
    "numbers without bounds": (
        "payload with a number of sixteen digits",
        ("bytes.js", "if (written.replace", "if (false && written.replace"),
    ),
    "JSON of any depth": ("payload nested too deeply", ("bytes.js", "if (depth === 16)", "if (false)")),
    # --- statements ---
    "digests anywhere": (
        "a digest outside of what is withheld",
        ("statement.js", "text.split('_sd\"').length - 1 === Object.keys(withheld).length", "true"),
    ),
    "several digests pass": (
        "several digests under one name",
        ("statement.js", " && value._sd.length === 1", ""),
    ),
    "an event under any id": (
        "event under another id than the statement",
        ("statement.js", '(payload.event.eventID === payload.jti) === (payload.act === "correct")', "false"),
    ),
    "disclosures may be moved": (
        "disclosure of another statements digest",
        ("statement.js", "content.jti !== jti || signed !== digest", "signed !== digest"),
    ),
    "any value is shown": (
        "disclosure of another value",
        ("statement.js", "content.jti !== jti || signed !== digest", "content.jti !== jti"),
    ),
    "salts of any length": (
        "disclosure with a short salt",
        ("statement.js", " || saltLength(salt) !== 16", ""),
    ),
    "other logs' statements pass": (
        "signed for another log",
        ("verify.js", "if (said.aud !== (said.act", "if (false && said.aud !== (said.act"),
    ),
    "statements may stand twice": ("stated twice", ("verify.js", "if (known.has(said.jti))", "if (false)")),
    # --- keys ---
    "signatures are not verified": (
        "kid of a registered key with a signature by another",
        ("standing.js", "if (!(await verifySignature(this.keys.get(kid).raw, signature, signed)))", "if (false)"),
    ),
    "anybody signs for anybody": (
        "key of another party",
        ("standing.js", "if (key.party !== said.iss)", "if (false)"),
    ),
    "ended keys go on": ("key ended before", ("standing.js", "if (this.ended.has(said.kid))", "if (false)")),
    "mixed keys pass": ("key of mixed order", ("ed25519.js", "a !== null && same(times(L, a), ZERO)", "a !== null")),
    "points of small order pass": (
        "witness key of small order",
        ("ed25519.js", "return y < P && !SMALL.has(y);", "return y < P;"),
    ),
    "keys bear any name": (
        "key under another thumbprint",
        ("standing.js", "if (!isGoodKey(raw) || print !== kid)", "if (!isGoodKey(raw))"),
    ),
    "new keys need not agree": (
        "key that did not agree",
        (
            "standing.js",
            "!(await verifySignature(raw, popSignature(signature), utf8(message)))",
            "false",
        ),
    ),
    "keys agree to anything": (
        "key that agreed under another text",
        ("standing.js", "if (signed !== `${message}.` || ", "if ("),
    ),
    "a key changes hands": ("key of two parties", ("standing.js", "if (keys.has(kid) || ended", "if (ended")),
    "a key comes back": (
        "key registered again after its end",
        ("standing.js", "if (keys.has(kid) || ended.has(kid))", "if (keys.has(kid))"),
    ),
    # --- the law ---
    "everybody may say everything": (
        "recalled by somebody who never held it",
        ("standing.js", "if (!row.by.some((who) => MAY[who](this, said)))", "if (false)"),
    ),
    "every lot is everybody's": (
        "harvest into somebody elses lot",
        ("standing.js", "if (this.lots.has(lot) && (this.openers.get(lot) ?? iss) !== iss)", "if (false)"),
    ),
    "registered as often as one likes": (
        "party registered twice",
        ("standing.js", 'return known.has(uri) ? refuse("registered_twice") : uri;', "return uri;"),
    ),
    "guardians make auditors": (
        "auditor registered by a guardian",
        ("standing.js", "if (iss !== operator && OVERSIGHT.some", "if (false && OVERSIGHT.some"),
    ),
    "whoever receives was sent it": (
        "received by somebody it was not sent to",
        (
            "standing.js",
            'return sent.act === "dispatch" && sent.addressee === said.iss;',
            'return sent.act === "dispatch";',
        ),
    ),
    "holders are not asked for": (
        "graded by somebody who never held it",
        ("standing.js", "every(about, (lot) => !lots.has(lot) || Boolean(held.get(lot)?.has(iss)))", "true"),
    ),
    "anybody lifts a recall": (
        "recall lifted by somebody else",
        ("standing.js", "events.get(refers)?.iss === iss", "events.has(refers)"),
    ),
    "anybody indexes": (
        "index signed with another key of the operators",
        ("standing.js", "iss === operator && kid === firstKey && String", "iss === operator && String"),
    ),
    "an index covers what it likes": (
        "index that says it covers less",
        ("standing.js", " && String(subject.upto) === String(index)", ""),
    ),
    "corrections say what they like": (
        "correction that repeats something else",
        ("standing.js", " || !same(repeated, original.event)", ""),
    ),
    "corrected as often as one likes": (
        "corrected twice",
        ("standing.js", "if (corrected.has(refers) || original", "if (original"),
    ),
    "bystanders are judged": (
        "another lots recall stands beside it unjudged",
        ("verify.js", "if (standing.isBystander(said)) standing.passBy(said);\n          else await", "await"),
    ),
    # --- the log ---
    "inclusion is not proved": (
        "proof of another leaf",
        (
            "verify.js",
            "if (index !== null) await this.logs[log].tree.prove",
            "if (false) await this.logs[log].tree.prove",
        ),
    ),
    "proofs may lead anywhere": (
        "proof of another leaf",
        ("log.js", " || !equal(hash, this.nodes[place])", ""),
    ),
    "proofs may go on": ("proof that goes on to the root", ("log.js", "if (rest.length || ", "if (")),
    "a right leaf has a left one's way": (
        "whole",
        ("log.js", "const right = node % 2;", "const right = 0;"),
    ),
    "the last node has a sibling": (
        "grown beyond a tile",
        ("log.js", "if (right || node < last) {", "{"),
    ),
    "any log's first entry": (
        "first entry of another log",
        ("verify.js", "subject.origin !== bundle.origin || ", ""),
    ),
    "the checkpoint is not verified": (
        "checkpoint root changed",
        ("log.js", "!(await verifySignature(key.raw, own[0].bytes, utf8(text)))", "false"),
    ),
    "one key of two is enough": (
        "checkpoint without one of the logs own lines",
        ("log.js", "if (own.length !== 1 || !isGoodKey", "if (!own.length) continue;\n    if (!isGoodKey"),
    ),
    "vkeys bear any number": (
        "log key under a wrong number",
        ("log.js", "if (hex(await keyId(name, key)) !== id)", "if (false)"),
    ),
    "any log's checkpoint": ("checkpoint of another log", ("log.js", 'if (origin !== log) refuse("another_log");', "")),
    "a log that ended is called complete": (
        "two logs of one series",
        ("verify.js", 'first ? { code: "checked_anew" } : ', ""),
    ),
    "a log is succeeded wherever it ended": (
        "succession that quotes another end",
        ("verify.js", "startsWith(`${text}\\n`)", 'startsWith("")'),
    ),
    # --- memory ---
    "the phone forgets": ("same size with another root", ("verify.js", "if (!memory) return;", "return;")),
    "any series will do": (
        "another first entry than remembered",
        ("verify.js", "if (memory.genesis !== hex(genesis.leaf))", "if (false)"),
    ),
    "a shrunken log is called fraud": (
        "smaller than remembered",
        ("verify.js", "if (log.size < memory.size)", "if (false)"),
    ),
    "growth need not be proved": (
        "history rewritten since the last visit",
        (
            "verify.js",
            "log.size === memory.size ? log.root : await rootBefore",
            "true ? readBase64(memory.root) : await rootBefore",
        ),
    ),
    "any tiles prove growth": (
        "tile with a bit changed",
        ("growth.js", "return equal(after, newer.root) ? before : notProved();", "return before;"),
    ),
    "tiles of any length": (
        "tile longer than asked for",
        ("growth.js", "if (tile?.length === 32 * asked) return tile;", "if (tile) return tile;"),
    ),
    "full tiles are not asked for": (
        "grown while its tile was filled",
        ("growth.js", "of new Set([width, WIDTH])", "of [width]"),
    ),
    "a successor may be hidden": (
        "successor withheld from a phone that knows it",
        ("verify.js", 'if (!log) throw new Unchecked("successor_withheld");', "if (!log) return;"),
    ),
    "what nobody witnessed is remembered": (
        "not witnessed yet and not in the way of what was",
        ("verify.js", "indexed && quorum.met !== false", "indexed"),
    ),
    # --- witnesses ---
    "cosignatures are not verified": (
        "cosignature of an earlier checkpoint",
        ("quorum.js", " || !(await verifySignature(key.raw, bytes.slice(8), signed))", ""),
    ),
    "the time of a cosignature is not signed": (
        "cosignature with another time",
        ("quorum.js", "cosignature/v1\\ntime ${time}", "cosignature/v1\\ntime 1772500000"),
    ),
    "half the quorum is enough": ("witnessed by one of two", ("quorum.js", "[group.threshold - 1]", "[0]")),
    "a quorum is not asked for": (
        "witnessed by nobody",
        ("quorum.js", "return at < 0 ? { met: false", "return false ? { met: false"),
    ),
    "strangers count": (
        "witnessed by strangers only",
        ("log.js", "name === key.name && id === key.id", 'Boolean(key) && name.endsWith("/w")'),
    ),
    "one witness counts twice": (
        "policy that counts one witness twice",
        ("quorum.js", " || members.has(member) || !members.add(member)", ""),
    ),
    "one key under two names": (
        "policy with one key under two names",
        ("quorum.js", " || [...witnesses.values()].some((other) => `${other.raw}` === `${key.raw}`)", ""),
    ),
    "a weaker policy is taken": (
        "witnesses dropped since the last visit",
        ("verify.js", "if (memory?.policy && !isAsStrong", "if (false && !isAsStrong"),
    ),
    "no witnesses are as good as some": (
        "witnesses dropped since the last visit",
        (
            "quorum.js",
            'if (offered.quorum === "none" || names',
            'if (offered.quorum === "none") return true;\n  if (names',
        ),
    ),
    "names make a witness": (
        "known names with other keys",
        ("quorum.js", "filter(([, { raw }]) => keys.has(`${raw}`))", "filter(([name]) => signers.includes(name))"),
    ),
    "a log may hide from its witnesses": (
        "last witnessed over a week ago",
        ("verify.js", "this.now - since > WEEK", "false"),
    ),
    "one witness makes a quorum new": (
        "last witnessed over a week ago but for one who signs again",
        ("quorum.js", "return vouches(quorum);", "return vouches(quorum) < 0 ? -1 : Math.max(...times.values());"),
    ),
    "a saved proof has to be new": (
        "witnessed long ago and saved then",
        ("verify.js", "if (this.live && since", "if (since"),
    ),
    # --- completeness ---
    "nothing is missed": (
        "recall left out",
        ("verify.js", "() => checkComplete(bundle.index, index, this.statements, standing, blame)", "() => {}"),
    ),
    "an index is not asked for": (
        "no index yet",
        ("verify.js", "if (!index) return false;", "if (!index) return true;"),
    ),
    "recalls of others are not asked for": (
        "list of recalls missing",
        ("complete.js", '["recall", "lift_recall", "revoke_key"].map', '["lift_recall", "revoke_key"].map'),
    ),
    "ended keys are not asked for": (
        "list of ended keys missing",
        ("complete.js", '["recall", "lift_recall", "revoke_key"].map', '["recall", "lift_recall"].map'),
    ),
    "registrations are not asked for": (
        "registration left out that was the first",
        ("complete.js", 'version === "1" ? [] :', "true ? [] :"),
    ),
    "what is said of a place's certificate is not asked for": (
        "end of a places certificate left out",
        ("complete.js", "...lots, ...events, ...registered", "...lots, ...registered"),
    ),
    "lists are taken as they are": (
        "recall left out of its lists as well",
        ("complete.js", '    refuse("list_not_proved", { kind, id });\n  }', "  }"),
    ),
    "buckets are taken as they are": (
        "list proved from an older index",
        (
            "complete.js",
            "await tree.prove((key[0] << 8) | key[1], await leafHash(bucket), readHashes(listing.proof));",
            "",
        ),
    ),
    "a bucket in any order": (
        "index with a bucket in another order",
        ("complete.js", "name <= last || ", "false || "),
    ),
    "a bucket may hold its own key among the others": (
        "recall left out and its record among the others",
        ("complete.js", " || name === own", ""),
    ),
    "a record stands first": (
        "a lot that shares its bucket with others",
        ("complete.js", "if (last < own && own < name) records.push(record);", "if (!at) records.push(record);"),
    ),
    "a denied leaf is no matter": (
        "index that denies a recall",
        ("complete.js", "if (!leaves.includes(leaf)) {", "if (false) {"),
    ),
    "lots may be forgotten": (
        "lot that it came from not traced",
        ("verify.js", "if (!standing.lots.has(lot)) refuse", "if (false) refuse"),
    ),
    "unpublished counts as checked": ("not in the log yet", ("verify.js", "if (waiting) return", "if (false) return")),
    # --- the page ---
    "the page is not compared": ("page of another lot", ("verify.js", "if (this.shown) await", "if (false) await")),
    "what the page leaves out is not missed": (
        "page leaves a recall out",
        ("shown.js", "if (!seen.has(jti) && (", "if (false && ("),
    ),
    "replies may be left out": (
        "page leaves a contest out",
        ("shown.js", " || (row.about && seen.has(refers))", ""),
    ),
    "all that was done with a lot belongs on its page": (
        "page tells of one part of a lot only",
        ("shown.js", "(!row.aside && !row.about && touches(about, way))", "touches(about, way)"),
    ),
    "names on the page are not compared": (
        "page shows another disclosed value",
        ("shown.js", "if (values.get(digest) !== text)", "if (false)"),
    ),
    "weights on the page are not compared": (
        "page shows another weight",
        ("shown.js", "if (!says(payloads, text))", "if (false)"),
    ),
    "other bytes than the page's": (
        "page was made from other bytes",
        (
            "shown.js",
            "base64url((await sha256(join(...hashes.slice(0, leaves.length)))).slice(0, 16)) !== digest",
            "false",
        ),
    ),
    "one of a crowd may be left out": (
        "page leaves one out of a crowd",
        (
            "shown.js",
            "base64url((await sha256(join(...hashes.slice(0, leaves.length)))).slice(0, 16)) !== digest",
            "false",
        ),
    ),
    "one of a crowd may be another": (
        "page puts another into a crowd",
        ("shown.js", "if (!statement || seen.has(statement.jti)) refuse", "if (seen.has(statement?.jti)) refuse"),
    ),
    "a step may be told twice": ("page shows a step twice", ("shown.js", " || seen.has(statement.jti)", "")),
    "what waits may be of other bytes": (
        "page tells other bytes of what has no place yet",
        ("shown.js", "hex(hashes[leaves.length + at]) !== leaf", "false"),
    ),
    "a place that is known early is fraud": (
        "page knows a place before the checkpoint",
        ("shown.js", "if (!statement && unplaced) throw", "if (false) throw"),
    ),
}
