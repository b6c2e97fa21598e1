// The documents of the corpus, by the rule that they are about. Each is a
// document alone, or [document, variables], or [document, variables, operation].

export const wide = {
  syntax: [
    "{ int }", "query { int }", "query Q { int }", "query Q($a: Int) { int(of: $a) }",
    "", " ", "#", "# { int }\n", "{", "}", "{}", "{ int", "{ int }}", "{ int } }", "{ { int } }",
    "query", "query Q", "query {", "query Q() { int }", "query ($a) { int }", "query ($a: ) { int }",
    "query ($a: Int = $b, $b: Int) { int(of: $a) }", "query (a: Int) { int }", "query Q Q { int }",
    "{ int() }", "{ int(of) }", "{ int(of:) }", "{ int(of: 1 }", "{ int(of = 1) }", "{ int(: 1) }",
    "{ a: }", "{ : int }", "{ a: b: int }", "{ a.b }", "{ ... }", "{ ...on }", "{ ... on Dog }",
    "{ ...on Root { int } }", "{ ... on Root { int } }", "{ ... { int } }", "{ ... @include(if: true) { int } }",
    "{...F} fragment F on Root{int}", "{...F} fragment F Root { int }", "fragment on on Root { int } { ...on }",
    "{ ...F } fragment on on Root { int }", "{ int } fragment { int }", "{ ...F } fragment F on { int }",
    "{ on }", "{ fragment }", "{ query mutation subscription on fragment true false null }",
    "{ true: int false: int null: int on: int fragment: int query: int }",
    "query true { int }", "query null { int }", "query on { int }", "query fragment { int }",
    "{ int @ }", "{ int @skip }", "{ int @skip() }", "{ int @ skip(if: true) }", "{ int@skip(if:true)@once }",
    "{ text(of: \"abc\") }", "{ text(of: \"\") }", "{ text(of: \"a\\\"b\") }", "{ text(of: \"\\b\\f\\n\\r\\t\\/\\\\\") }",
    "{ text(of: \"\\u00e9\\u0041\") }", "{ text(of: \"\\u{e9}\") }", "{ text(of: \"\\u{1F600}\") }",
    "{ text(of: \"\\u{00000041}\") }", "{ text(of: \"\\u{10FFFF}\") }", "{ text(of: \"\\u{110000}\") }",
    "{ text(of: \"\\u{}\") }", "{ text(of: \"\\u{D800}\") }", "{ text(of: \"\\u{41\") }", "{ text(of: \"\\u{xyz}\") }",
    "{ text(of: \"\\ud83d\\ude00\") }", "{ text(of: \"\\uD83D\") }", "{ text(of: \"\\uDE00\") }",
    "{ text(of: \"\\uDE00\\uD83D\") }", "{ text(of: \"\\uD83D\\u0041\") }", "{ text(of: \"\\ud83d\\u{de00}\") }",
    "{ text(of: \"\\u12\") }", "{ text(of: \"\\u\") }", "{ text(of: \"\\x41\") }", "{ text(of: \"\\ \") }", "{ text(of: \"\\",
    "{ text(of: \"a\nb\") }", "{ text(of: \"a\rb\") }", "{ text(of: \"a\tb\") }", "{ text(of: \"abc) }", "{ text(of: 'abc') }",
    "{ text(of: \"é😀\") }", "{ text(of: \"\u0007\") }", "{ text(of: \"\u0000\") }", "{ text(of: \"\u007f\") }",
    "{ text(of: \"\"\"a\nb \"q\" \\\"\"\" \\n\"\"\") }", "{ text(of: \"\"\"\"\"\") }", "{ text(of: \"\"\"\"\"\"\"\") }", "{ text(of: \"\"\"abc) }",
    "{ text(of: \"\"\"\\u{110000} \\q\"\"\") }", "{ text(of: \"\"\" \\\"\"\" \"\"\") }",
    "{ int(of: 0) }", "{ int(of: -0) }", "{ int(of: -1) }", "{ int(of: +1) }", "{ int(of: 00) }", "{ int(of: 01) }",
    "{ int(of: -01) }", "{ int(of: - 1) }", "{ int(of: --1) }", "{ int(of: 1a) }", "{ int(of: 0x1) }", "{ int(of: 0b1) }", "{ int(of: 1_000) }",
    "{ float(of: 1.5) }", "{ float(of: 1.) }", "{ float(of: .5) }", "{ float(of: 1.e5) }", "{ float(of: 1e5) }", "{ float(of: 1E+5) }",
    "{ float(of: 1.5e-3) }", "{ float(of: 1e) }", "{ float(of: 1e+) }", "{ float(of: 1.5.5) }", "{ float(of: 1.a) }", "{ float(of: 1ex) }", "{ float(of: 0.0) }",
    "{ float(of: -0.0) }", "{ float(of: 00.5) }", "{ float(of: NaN) }", "{ float(of: 1...5) }",
    "{ int(of: 1.int) }", "{ a:int(of:1)b:int(of:2) }", "{ a:int(of:1),,,b:int(of:2),, }", "{,int,}", "{ ints(of: [1,2,]) }", "{ ints(of: [,1]) }", "{ ints(of: [1 2]) }",
    "{ ints(of: [1) }", "{ box(in: {width:1}) }", "{ box(in: {width 1}) }", "{ box(in: {width:}) }", "{ box(in: {\"width\": 1}) }", "{ box(in: {width:1,height:2) }",
    "{ colour(of: RED) }", "{ colour(of: true) }", "{ colour(of: $) }", "{ colour(of: ) }", "{ int(of: $a$b) }",
    "\uFEFF{ int }", "{ \uFEFF int }", "{ int }\uFEFF", "{ ïnt }", "{ int ; }", "{ int ? }", "{ int & }", "{ int | }", "{ int ! }", "{ int = 1 }", "{ `int` }", "{ int\u00a0}", "{ int } \u0000", "{ int\u000b}",
    "query Q($a: [Int) { int }", "query Q($a: [Int]]) { int }", "query Q($a: !Int) { int }", "query Q($a: Int!!) { int }", "query Q($a: []) { int }", "query Q($a: Int! = 1 $b: Int) { a: int(of: $a) b: int(of: $b) }",
    "query Q($a: Int @once) { int(of: $a) }", "query Q($a: Int @once(of: $a)) { int(of: $a) }", "query Q @onQuery { int }", "query @onQuery { int }", "@onQuery query { int }",
    "type X { a: Int } { int }", "scalar S { int }", "schema { query: Root } { int }", "extend type Root { more: Int } { int }", "directive @d on FIELD { int }", "enum E { A } { int }", "input I { a: Int } { int }", "union U = Dog { int }", "interface I { a: Int } { int }",
    "subscription { ticks }", "mutation { pay(amount: 1) { id } }", "SUBSCRIPTION { ticks }", "Query { int }", "query Q { int } extra",
  ],
  descriptions: [
    "\"Asks\" query Q { int }", "\"\"\"Asks\nmuch\"\"\" query Q { int }", "\"Asks\" query { int }", "\"no\" { int }", "\"a\" \"b\" query Q { int }",
    "query Q(\"a number\" $a: Int) { int(of: $a) }", "query Q(\"\"\"a\"\"\" $a: Int = 1, \"b\" $b: Int) { a: int(of: $a) b: int(of: $b) }",
    "query Q($a: String = \"x\" $b: Int) { text(of: $a) int(of: $b) }", "query Q($a: String = \"x\" \"of b\" $b: Int) { text(of: $a) int(of: $b) }",
    "query Q($a: Int \"late\") { int(of: $a) }", "{ ...F } \"of a fragment\" fragment F on Root { int }", "{ ...F } fragment F on Root \"late\" { int }",
    "\"\\q\" query Q { int }", "\"\\u{1F600}\" query Q { int }", "\"a\nb\" query Q { int }", "query Q { \"no\" int }", "query Q { int(\"no\" of: 1) }", "\"m\" mutation M { pay(amount: 1) { id } }", "\"s\" subscription S { ticks }",
    "query Q($a: [String] = [\"x\"] $b: Int) { a: int(of: $b) text(of: \"$\") b: scalar(of: $a) }", "\"alone\"",
  ],
  operations: [
    "query A { int } query B { text }", ["query A { int } query B { text }", {}, "A"], ["query A { int } query B { text }", {}, "C"],
    "query A { int } query A { text }", "query A { int } mutation A { pay(amount: 1) { id } }", "{ int } { text }", "{ int } query A { int }", "query A { int } { int }", "query { int } query { int }",
    ["{ int }", {}, "A"], ["query A { int }", {}, "A"], ["query A { int } fragment F on Root { int }", {}, "F"],
    "fragment F on Root { int }", "mutation { int }", "mutation { pay(amount: 1) { id } refund(amount: 2) { id } }", "query { pay(amount: 1) { id } }", "subscription { int }",
  ],
  subscriptions: [
    "subscription { ticks news { id } }", "subscription { ticks ticks }", "subscription { a: ticks b: ticks }", "subscription { ...F } fragment F on Follow { ticks }", "subscription { ...F } fragment F on Follow { ticks news { id } }",
    "subscription { ... on Follow { ticks } }", "subscription { __typename }", "subscription { ticks __typename }", "subscription { ticks @include(if: true) }", "subscription { ticks @skip(if: false) }", ["subscription ($b: Boolean!) { ticks @include(if: $b) }", { b: true }],
    ["subscription ($b: Boolean!) { ... @include(if: $b) { ticks } }", { b: true }], ["subscription ($b: Boolean!) { ...F @skip(if: $b) } fragment F on Follow { ticks }", { b: false }], "subscription { news { id ... @include(if: true) { title } } }", "subscription { ...F ...G } fragment F on Follow { ticks } fragment G on Follow { ticks }",
    "subscription { __schema { queryType { name } } }", "subscription A { ticks } subscription B { ticks news { id } }",
  ],
  fields: [
    "{ missing }", "{ dog { missing } }", "{ dog { name missing } }", "{ dog }", "{ int { x } }", "{ int {} }", "{ dog {} }", "{ beings }", "{ colour { x } }", "{ scalar { x } }", "{ dog { owner } }", "{ dog { owner { name } } }", "{ dog { name { x } } }",
    "{ pet { name } }", "{ pet { barks } }", "{ pet { meows } }", "{ being { nickname } }", "{ catOrDog { name } }", "{ catOrDog { __typename } }", "{ catOrDog }", "{ dogOrHuman { __typename ... on Dog { name } } }", "{ __typename }", "{ dog { __typename } }", "{ dog { __type(name: \"x\") { name } } }", "{ dog { __schema { types { name } } } }",
    "{ __schema { types { name } } }", "{ __type(name: \"Dog\") { name fields { name } } }", "{ __type { name } }", "{ __type(name: 7) { name } }", "{ __schema }", "{ __missing }", "{ robot { twin { twin { serial } } } }", "{ legs: dog { legs } }", "mutation { __typename }", "mutation { __schema { types { name } } }",
  ],
  fragments: [
    "{ ...F } fragment F on Root { int }", "{ ...Missing }", "{ int } fragment F on Root { int }", "{ ...F } fragment F on Missing { int }", "{ ...F } fragment F on Int { int }", "{ ...F } fragment F on Colour { int }", "{ ...F } fragment F on Box { width }", "{ ... on Missing { int } }", "{ ... on Int { int } }", "{ ... on Anything { int } }",
    "{ ...F } fragment F on Root { int } fragment F on Root { text }", "{ ...F } fragment F on Root { ...F }", "{ ...F } fragment F on Root { ...G } fragment G on Root { ...F }", "{ dog { ...F } } fragment F on Dog { owner { ...G } } fragment G on Human { pets { ...F } }", "{ ...A ...B } fragment A on Root { ...C } fragment B on Root { ...C } fragment C on Root { int }",
    "{ robot { ...R } } fragment R on Robot { twin { ...R } }", "{ ...F } fragment F on Root { int ...G } fragment G on Root { int } fragment H on Root { int }", "{ ...F } fragment F on Root { missing }", "{ int } fragment F on Root { missing }",
    "{ dog { ... on Dog { name } } }", "{ dog { ... on Cat { name } } }", "{ dog { ... on Pet { name } } }", "{ dog { ... on Being { name } } }", "{ dog { ... on Canine { barks } } }", "{ dog { ... on CatOrDog { __typename } } }", "{ dog { ... on DogOrHuman { __typename } } }", "{ cat { ... on DogOrHuman { __typename } } }", "{ cat { ... on Canine { barks } } }",
    "{ pet { ... on Dog { barks } } }", "{ pet { ... on Human { iq } } }", "{ pet { ... on Being { name } } }", "{ pet { ... on Canine { barks } } }", "{ being { ... on Pet { nickname } ... on Human { iq } } }", "{ catOrDog { ... on Dog { barks } ... on Cat { meows } } }", "{ catOrDog { ... on Human { iq } } }", "{ catOrDog { ... on Pet { nickname } } }", "{ catOrDog { ... on DogOrHuman { ... on Dog { barks } } } }", "{ catOrDog { ... on Robot { serial } } }", "{ pet { ... on Robot { serial } } }", "{ pet { ... on CatOrDog { ... on Dog { barks } } } }",
    "{ dog { ...F } } fragment F on Cat { name }", "{ dog { ...F } } fragment F on Pet { name }", "{ human { ...F } } fragment F on Pet { name }", "{ human { pets { ...F } } } fragment F on Dog { barks }", "{ ... on Root { ... on Root { int } } }", "{ ... on Change { pay(amount: 1) { id } } }", "{ dog { ... { name } } }", "{ dog { ... @include(if: true) { name missing } } }",
  ],
  merging: [
    "{ int int }", "{ int(of: 1) int(of: 1) }", "{ int(of: 1) int(of: 2) }", "{ int int(of: 1) }", "{ int(of: 1) int }", "{ a: int a: text }", "{ a: int text a: int }", "{ int: text int }", "{ text: int int: text }", "{ a: int(of: 1) a: int(of: 1) }", "{ dog { name } dog { nickname } }", "{ dog { a: name } dog { a: nickname } }", "{ dog { a: name a: name } }",
    "{ dog { owner { iq } } dog { owner { a: iq } } }", "{ dog { owner { a: iq } } dog { owner { a: name } } }", "{ twoArguments(a: 1, b: 2) twoArguments(b: 2, a: 1) }", "{ twoArguments(a: 1) twoArguments(b: 1) }", "{ text(of: \"a\") text(of: \"\"\"a\"\"\") }", "{ float(of: 1) float(of: 1.0) }", "{ float(of: 1.0) float(of: 1.00) }", "{ int(of: 0) int(of: -0) }", "{ text(of: \"\\u0041\") text(of: \"A\") }",
    "{ ints(of: [1]) ints(of: [1]) }", "{ ints(of: [1]) ints(of: [1, 2]) }", "{ ints(of: [1, 2]) ints(of: [1]) }", "{ ints(of: []) ints(of: [1]) }", "{ ints(of: [1, 2]) ints(of: [2, 1]) }", "{ ints(of: 1) ints(of: [1]) }", "{ matrix(of: [[1]]) matrix(of: [[1, 2]]) }", "{ box(in: {width: 1, label: \"a\"}) box(in: {label: \"a\", width: 1}) }", "{ box(in: {width: 1}) box(in: {width: 1, label: \"a\"}) }", "{ box(in: {width: 1, ids: [1]}) box(in: {width: 1, ids: [1, 2]}) }",
    ["query ($a: Int) { int(of: $a) int(of: $a) }", { a: 1 }], ["query ($a: Int, $b: Int) { int(of: $a) int(of: $b) }", { a: 1, b: 1 }], ["query ($a: Int) { int(of: $a) int(of: 1) }", { a: 1 }], "{ int @skip(if: true) int @include(if: true) }", "{ a: int @skip(if: true) a: text }", "{ a: int @include(if: true) a: text @include(if: false) }",
    "{ ...F ...G } fragment F on Root { a: int } fragment G on Root { a: text }", "{ ...F a: text } fragment F on Root { a: int }", "{ ... { a: int } ... { a: text } }", "{ ...F ...G } fragment F on Root { a: int(of: 1) } fragment G on Root { a: int(of: 1) }", "{ ...F ...G } fragment F on Root { ints(of: [1]) } fragment G on Root { ints(of: [1, 2]) }",
    "{ catOrDog { ... on Dog { a: name } ... on Cat { a: nickname } } }", "{ catOrDog { ... on Dog { a: barkVolume } ... on Cat { a: meowVolume } } }", "{ catOrDog { ... on Dog { a: barkVolume } ... on Cat { a: nickname } } }", "{ catOrDog { ... on Dog { size } ... on Cat { size } } }", "{ catOrDog { ... on Dog { legs } ... on Cat { legs } } }", "{ catOrDog { ... on Dog { a: size } ... on Cat { a: meowVolume } } }", "{ catOrDog { ... on Dog { name(surname: true) } ... on Cat { name(surname: false) } } }", "{ catOrDog { ... on Dog { name(surname: true) } ... on Pet { name(surname: false) } } }", "{ pet { name(surname: true) ... on Dog { name } } }", "{ pet { ... on Dog { a: owner { x: name } } ... on Cat { a: owner { x: iq } } } }", "{ pet { ... on Dog { a: owner { x: name } } ... on Cat { a: owner { x: name(surname: true) } } } }",
    "{ pet { ... on Dog { a: owner { n: home(at: [1]) } } ... on Cat { a: owner { n: home(at: [1, 2]) } } } }", "{ pet { ... on Dog { a: owner { n: home(at: [1]) } } ... on Dog { a: owner { n: home(at: [1, 2]) } } } }", "{ being { ... on Pet { a: name } ... on Human { a: name(surname: true) } } }", "{ being { ... on Pet { a: name } ... on Being { a: name(surname: true) } } }", "{ dog { ...X ...Y } } fragment X on Dog { owner { ...P } } fragment Y on Dog { owner { ...Q } } fragment P on Human { z: iq } fragment Q on Human { z: name }",
    "{ dog { isAt isAt(x: 0) } }", "{ dog { isAt(x: 0) isAt(x: 0, y: 0) } }", "{ __typename __typename }", "{ a: __typename a: int }", "mutation { pay(amount: 1) { id } pay(amount: 1) { amount } }", "mutation { pay(amount: 1) { id } pay(amount: 2) { id } }", "mutation { a: pay(amount: 1) { id } a: refund(amount: 1) { id } }", "query A { a: int a: text } query B { int }",
    "{ a: dog { name } a: cat { name } }", "{ a: ints a: int }", "{ a: dog { name } ... { a: dog { nickname } } }", "{ beings { a: name ... on Dog { a: name } ... on Cat { a: name(surname: true) } } }",
  ],
  arguments: [
    "{ int(x: 1) }", "{ int(of: 1, of: 1) }", "{ int(of: 1, of: 2) }", "{ needed }", "{ needed(of: null) }", "{ needed(of: 1) }", "{ intOr }", "{ intOr(of: null) }", "{ intOr(of: 2) }", "{ twoNeeded(a: 1) }", "{ twoNeeded }", "{ twoNeeded(a: 1, b: 2, c: 3) }", "{ allNeeded }", "{ allNeeded(of: []) }", "{ allNeeded(of: null) }", "{ allNeeded(of: 1) }", "{ int(of: null) }", "{ neededBox }", "{ neededBox(in: {}) }", "{ neededBox(in: {width: 1}) }", "{ dog { isAt(z: 1) } }", "{ text(of: null) int(of: null) }", "mutation { pay { id } }",
  ],
  directives: [
    "{ int @missing }", "{ int @skip }", "{ int @skip(if: true) }", "{ int @skip(unless: true) }", "{ int @skip(if: 1) }", "{ int @skip(if: \"true\") }", "{ int @skip(if: null) }", "{ int @include(if: true) @skip(if: false) }", "{ int @skip(if: true) @skip(if: false) }", "{ int @once @once }", "{ int @often(key: \"a\") @often(key: \"b\") }", "{ int @often }", "{ int @once(of: 1) }", "{ int @once(of: \"1\") }", "{ int @once(list: [1, 2]) }", "{ int @once(list: [null]) }", "query @skip(if: true) { int }", "query @once { int }", "query @onQuery { int }", "mutation @onQuery { pay(amount: 1) { id } }", "{ int @onQuery }", "{ ...F @skip(if: true) } fragment F on Root { int }", "{ ...F } fragment F on Root @skip(if: true) { int }", "{ ...F } fragment F on Root @once { int }", "{ ... @once { int } }", "{ ... @often(key: \"a\") { int } }", ["query ($a: Int @once) { int(of: $a) }", {}], ["query ($a: Int @onQuery) { int(of: $a) }", {}], ["query ($a: Int @skip(if: true)) { int(of: $a) }", {}], ["query ($b: Boolean) { int @skip(if: $b) }", { b: true }], ["query ($b: Boolean!) { int @skip(if: $b) }", { b: true }], ["query ($b: Boolean = true) { int @skip(if: $b) }", {}], ["query ($b: Boolean = null) { int @skip(if: $b) }", {}], ["query ($b: Boolean = true) { int @skip(if: $b) }", { b: null }], ["query ($b: String!) { int @skip(if: $b) }", { b: "x" }], "{ int @deprecated }", "{ int @specifiedBy(url: \"x\") }", "query ($a: Int = 1 @once(of: 2)) { int(of: $a) }", "{ int @include(if: true, if: true) }",
  ],
  variables: [
    "query ($a: Int) { int }", "query ($a: Int) { int(of: $b) }", "{ int(of: $a) }", "query ($a: Int, $a: Int) { int(of: $a) }", "query ($a: Int, $a: String) { int(of: $a) }", "query ($a: Missing) { scalar(of: $a) }", "query ($a: Dog) { scalar(of: $a) }", "query ($a: Pet) { scalar(of: $a) }", "query ($a: CatOrDog) { scalar(of: $a) }", "query ($a: [Dog!]) { scalar(of: $a) }",
    "query ($a: Int) { ...F } fragment F on Root { int(of: $a) }", "query ($a: Int) { ...F } fragment F on Root { ...G } fragment G on Root { int(of: $a) }", "{ ...F } fragment F on Root { int(of: $a) }", ["query A($a: Int) { ...F } query B { ...F } fragment F on Root { int(of: $a) }", {}, "A"], ["query A($a: Int) { ...F } query B($a: String) { ...F } fragment F on Root { int(of: $a) }", {}, "A"], "query ($a: Int) { ...F } fragment F on Root { int }", "query ($a: Int) { int @once(of: $a) }", "query ($a: Int) @once(of: $a) { int }", "query ($a: Int) { ...F @once(of: $a) } fragment F on Root { int }",
    "query ($a: Int) { box(in: {width: 1, label: \"x\", inner: {width: $a}}) }", "query ($a: Int!) { box(in: {width: 1, inner: {width: $a}}) }", "query ($a: Int) { scalar(of: {deep: [$a]}) }", "{ scalar(of: {deep: [$a]}) }", "{ scalar(of: $a) }", "query ($a: Int) { scalar(of: $a) }", "query ($a: [Box]) { scalar(of: $a) }", "query ($a: Int = 1, $b: Int = 2) { twoArguments(a: $a, b: $b) }", "query ($__a: Int) { int(of: $__a) }",
  ],
  positions: [
    "query ($a: Int) { int(of: $a) }", ["query ($a: Int!) { int(of: $a) }", { a: 1 }], "query ($a: Int) { needed(of: $a) }", ["query ($a: Int!) { needed(of: $a) }", { a: 1 }], "query ($a: Int = 1) { needed(of: $a) }", "query ($a: Int = null) { needed(of: $a) }", "query ($a: Int) { intOr(of: $a) }", "query ($a: Int = null) { intOr(of: $a) }", "query ($a: String) { int(of: $a) }", "query ($a: Int) { float(of: $a) }", "query ($a: Float) { int(of: $a) }", "query ($a: String) { id(of: $a) }", "query ($a: ID) { text(of: $a) }", "query ($a: Int) { id(of: $a) }", "query ($a: String) { colour(of: $a) }", "query ($a: Colour) { text(of: $a) }", "query ($a: Boolean) { int(of: $a) }",
    "query ($a: Int) { ints(of: $a) }", "query ($a: Int) { ints(of: [$a]) }", "query ($a: [Int]) { ints(of: $a) }", "query ($a: [Int]) { neededInts(of: $a) }", "query ($a: [Int!]) { ints(of: $a) }", "query ($a: [Int!]) { neededInts(of: $a) }", ["query ($a: [Int!]!) { neededInts(of: $a) }", { a: [1] }], "query ($a: [Int!]) { allNeeded(of: $a) }", "query ($a: [Int!] = [1]) { allNeeded(of: $a) }", ["query ($a: [Int]!) { allNeeded(of: $a) }", { a: [1] }], "query ($a: Int) { neededInts(of: [$a]) }", ["query ($a: Int!) { neededInts(of: [$a]) }", { a: 1 }], "query ($a: Int = 1) { neededInts(of: [$a]) }", "query ($a: Int = 1) { neededInts(of: $a) }", "query ($a: [Int]) { int(of: $a) }", "query ($a: [Int]) { matrix(of: $a) }", "query ($a: [Int]) { matrix(of: [$a]) }", "query ($a: Int) { matrix(of: [[$a]]) }", "query ($a: Int) { matrix(of: [$a]) }", "query ($a: [[Int]]) { matrix(of: $a) }", "query ($a: [[Int]]) { matrix(of: [$a]) }",
    "query ($a: Int) { box(in: {width: $a}) }", ["query ($a: Int!) { box(in: {width: $a}) }", { a: 1 }], "query ($a: Int = 1) { box(in: {width: $a}) }", "query ($a: Int) { box(in: {width: 1, height: $a}) }", "query ($a: String) { box(in: {width: 1, label: $a}) }", "query ($a: Int) { box(in: {width: 1, label: $a}) }", "query ($a: ID) { box(in: {width: 1, ids: [$a]}) }", ["query ($a: ID!) { box(in: {width: 1, ids: [$a]}) }", { a: 1 }], "query ($a: [ID!]) { box(in: {width: 1, ids: $a}) }", "query ($a: Box) { box(in: $a) }", "query ($a: Box) { neededBox(in: $a) }", "query ($a: Box) { box(in: {width: 1, inner: $a}) }", "query ($a: Box) { boxes(in: [$a]) }", ["query ($a: Box!) { boxes(in: [$a]) }", { a: { width: 1 } }], "query ($a: Choice) { box(in: $a) }", "query ($a: Float) { box(in: {width: 1, numbers: [$a]}) }", "query ($a: Int) { box(in: {width: 1, numbers: [$a]}) }", "query ($a: Anything) { box(in: {width: 1, anything: $a}) }", "query ($a: Int) { int @once(list: [$a]) }", ["query ($a: Int!) { int @once(list: [$a]) }", { a: 1 }], "query ($a: Int) { dog { isAt(x: $a) } }", "query ($a: Command) { dog { doesKnow(command: $a) } }",
    "query ($a: ID) { choice(in: {byId: $a}) }", ["query ($a: ID!) { choice(in: {byId: $a}) }", { a: 1 }], ["query ($a: ID = \"x\") { choice(in: {byId: $a}) }", {}], "query ($a: Choice) { choice(in: $a) }", ["query ($a: Choice!) { choice(in: $a) }", { a: { byId: 1 } }], ["query ($a: Colour!) { choice(in: {byColours: [$a]}) }", { a: "RED" }], "query ($a: Colour) { choice(in: {byColours: [$a]}) }",
  ],
  literals: [
    "{ int(of: 2147483647) }", "{ int(of: 2147483648) }", "{ int(of: -2147483648) }", "{ int(of: -2147483649) }", "{ int(of: 99999999999999999999) }", "{ int(of: 1.0) }", "{ int(of: 1e2) }", "{ int(of: \"1\") }", "{ int(of: true) }", "{ int(of: RED) }", "{ int(of: [1]) }", "{ int(of: {}) }", "{ int(of: {a: 1}) }",
    "{ float(of: 1) }", "{ float(of: 1e400) }", "{ float(of: \"1.5\") }", "{ float(of: true) }", "{ float(of: 99999999999999999999) }", "{ float(of: NaN) }", "{ text(of: 1) }", "{ text(of: true) }", "{ text(of: RED) }", "{ text(of: [\"a\"]) }", "{ text(of: {}) }", "{ flag(of: true) }", "{ flag(of: 1) }", "{ flag(of: \"true\") }", "{ flag(of: TRUE) }", "{ id(of: 1) }", "{ id(of: \"1\") }", "{ id(of: 1.5) }", "{ id(of: true) }", "{ id(of: RED) }", "{ id(of: 123456789012345678901234567890) }", "{ id(of: -5) }", "{ id(of: [1]) }",
    "{ colour(of: RED) }", "{ colour(of: PINK) }", "{ colour(of: \"RED\") }", "{ colour(of: 1) }", "{ colour(of: red) }", "{ colour(of: null) }", "{ colour(of: [RED]) }", "{ colour(of: true) }", "{ scalar(of: 1) }", "{ scalar(of: {a: [1, \"b\", RED, null, true, 1.5]}) }", "{ scalar(of: {a: 1, a: 2}) }", "{ scalar(of: [{a: 1, a: 2}]) }", "{ scalar(of: [[[]]]) }", "{ scalar(of: null) }",
    "{ ints(of: 1) }", "{ ints(of: [1, null]) }", "{ ints(of: null) }", "{ ints(of: [1, \"2\"]) }", "{ ints(of: \"1\") }", "{ ints(of: [[1]]) }", "{ neededInts(of: [1, null]) }", "{ neededInts(of: [null]) }", "{ neededInts(of: []) }", "{ neededInts(of: null) }", "{ allNeeded(of: [1, 2]) }", "{ matrix(of: 1) }", "{ matrix(of: [1]) }", "{ matrix(of: [[1], null, [null, 2]]) }", "{ matrix(of: [[[1]]]) }", "{ matrix(of: [\"a\"]) }", "{ ids(of: [1, \"a\"]) }", "{ ids(of: [1.5]) }", "{ colours(of: [RED, GREEN]) }", "{ colours(of: [RED, \"GREEN\"]) }", "{ colours(of: RED) }", "{ colours(of: [RED, null]) }",
    "{ box(in: {width: 1}) }", "{ box(in: {}) }", "{ box(in: {height: 1}) }", "{ box(in: {width: null}) }", "{ box(in: {width: 1, height: null}) }", "{ box(in: {width: 1, height: 2}) }", "{ box(in: {width: 1, width: 2}) }", "{ box(in: {width: 1, width: 1}) }", "{ box(in: {width: 1, depth: 2}) }", "{ box(in: {width: \"1\"}) }", "{ box(in: {width: 1, inner: {width: 2}}) }", "{ box(in: {width: 1, inner: {}}) }", "{ box(in: {width: 1, inner: {width: 2, width: 3}}) }", "{ box(in: {width: 1, inner: null}) }", "{ box(in: {width: 1, colour: GREEN}) }", "{ box(in: {width: 1, colour: \"GREEN\"}) }", "{ box(in: {width: 1, colour: PINK}) }", "{ box(in: {width: 1, ids: 5}) }", "{ box(in: {width: 1, ids: [5, null]}) }", "{ box(in: {width: 1, numbers: [1, 1.5, null]}) }", "{ box(in: {width: 1, numbers: [\"1\"]}) }", "{ box(in: 5) }", "{ box(in: \"x\") }", "{ box(in: [{width: 1}]) }", "{ box(in: null) }", "{ box(in: RED) }", "{ boxes(in: {width: 1}) }", "{ boxes(in: [{width: 1}, {width: 2}]) }", "{ boxes(in: [{width: 1}, null]) }", "{ boxes(in: [{width: 1}, {}]) }", "{ boxes(in: [{width: 1, width: 2}]) }",
    "{ choice(in: {byId: 1}) }", "{ choice(in: {byId: 1, byNumber: 2}) }", "{ choice(in: {}) }", "{ choice(in: {byId: null}) }", "{ choice(in: {byId: 1, byNumber: null}) }", "{ choice(in: {missing: 1}) }", "{ choice(in: {byBox: {width: 1}}) }", "{ choice(in: {byBox: {}}) }", "{ choice(in: null) }", "{ choices(in: [{byId: 1}, {byNumber: 2}]) }", "{ choices(in: [{byId: 1}, {}]) }", "{ choices(in: {byId: 1}) }", "{ choice(in: {byColours: [RED]}) }", "{ choice(in: {byColours: RED}) }", "{ choice(in: {byId: 1, byId: 2}) }",
    "query ($a: Int = \"x\") { int(of: $a) }", "query ($a: Int = 1.5) { int(of: $a) }", "query ($a: Int! = null) { needed(of: $a) }", "query ($a: Int! = 1) { needed(of: $a) }", "query ($a: [Int!] = [1, null]) { neededInts(of: $a) }", "query ($a: Box = {}) { box(in: $a) }", "query ($a: Box = {width: 1}) { box(in: $a) }", "query ($a: Box = {width: 1, width: 2}) { box(in: $a) }", "query ($a: Colour = RED) { colour(of: $a) }", "query ($a: Colour = \"RED\") { colour(of: $a) }", "query ($a: Choice = {byId: 1, byNumber: 2}) { choice(in: $a) }", "query ($a: Choice = {byId: 1}) { choice(in: $a) }", "query ($a: Int = 2147483648) { int(of: $a) }", "query ($a: [Int] = 1) { ints(of: $a) }", "query ($a: Missing = 1) { int(of: $a) }",
  ],
};

/// Values of variables, tried for each of the types below.
const values = [
  undefined, null, 0, 1, -1, 1.0, 1.5, -0.0, 2147483647, 2147483648, -2147483648, -2147483649, 1e10, 1e100, 9007199254740993,
  "", "1", "RED", "PINK", "text", true, false, [], [1], [null], ["1"], ["RED"], ["RED", "GREEN"], [1, null], [[1]], [[1], null, [null]], [true],
  {}, { width: 1 }, { width: "1" }, { width: null }, { width: 1, height: null }, { width: 1, depth: 2 }, { width: 1, inner: {} },
  { width: 1, inner: { width: 2 } }, { width: 1, colour: "GREEN" }, { width: 1, colour: "PINK" }, { width: 1, ids: 5 }, { width: 1, ids: ["a", null] },
  { width: 1, numbers: [1, 1.5, null] }, { width: 1, numbers: "x" }, { width: 1, label: 7 }, { width: 1.0, anything: { a: [1] } },
  [{ width: 1 }], [{ width: 1 }, {}], { byId: 1 }, { byId: "a", byNumber: 1 }, { byId: null }, { byNumber: 1.5 }, { byId: 1, byNumber: null }, { missing: 1 }, { byBox: {} }, { byBox: { width: 1 } }, { byColours: "RED" },
];

/// A type, and the field that takes it.
const types = [
  ["Int", "int(of: $v)"], ["Int!", "needed(of: $v)"], ["Float", "float(of: $v)"], ["String", "text(of: $v)"], ["Boolean", "flag(of: $v)"],
  ["ID", "id(of: $v)"], ["Colour", "colour(of: $v)"], ["Anything", "scalar(of: $v)"], ["[Int]", "ints(of: $v)"], ["[Int!]", "neededInts(of: $v)"], ["[Int!]!", "allNeeded(of: $v)"],
  ["[[Int]]", "matrix(of: $v)"], ["[ID!]", "ids(of: $v)"], ["[Colour!]", "colours(of: $v)"], ["Box", "box(in: $v)"], ["Box!", "neededBox(in: $v)"], ["[Box!]", "boxes(in: $v)"], ["Choice", "choice(in: $v)"], ["[Choice!]", "choices(in: $v)"],
];

const sent = (value) => (value === undefined ? {} : { v: value });

wide.coercion = types.flatMap(([type, field]) =>
  values.map((value) => [`query ($v: ${type}) { ${field} }`, sent(value)]),
);

/// Variables that may be absent or null where there is a default.
wide.defaults = [undefined, null, 2, "x"].flatMap((value) => [
  [`query ($v: Int = 1) { int(of: $v) }`, sent(value)],
  [`query ($v: Int = 1) { needed(of: $v) }`, sent(value)],
  [`query ($v: Int) { intOr(of: $v) }`, sent(value)],
  [`query ($v: Int = null) { int(of: $v) }`, sent(value)],
  [`query ($v: Int! = 1) { needed(of: $v) }`, sent(value)],
  [`query ($v: Int) { box(in: {width: 1, height: $v}) }`, sent(value)],
  [`query ($v: Int = 1) { box(in: {width: $v}) }`, sent(value)],
  [`query ($v: Int) { ints(of: [1, $v]) }`, sent(value)],
  [`query ($v: Int = 1) { neededInts(of: [$v]) }`, sent(value)],
  [`query ($v: Boolean = true) { int @include(if: $v) }`, sent(value)],
  [`query ($v: Int) { scalar(of: {a: $v}) }`, sent(value)],
]);
wide.unknown = [
  ["{ int }", { v: 1 }], ["query ($v: Int) { int(of: $v) }", { v: 1, w: 2 }], ["query A($v: Int) { int(of: $v) } query B($w: Int!) { int(of: $w) }", { v: 1 }, "A"],
  ["query A($v: Int) { int(of: $v) } query B($w: Int!) { int(of: $w) }", { v: 1 }, "B"],
];

export const real = {
  cases: [
    "{__schema{types{interfaces{possibleTypes{name}}}}}",
    ["mutation($b:Boolean=true,$i:MoveDealInput!){moveDeal(input:$i) @skip(if:$b){deal{stage}}}", { i: { idempotencyKey: "k", id: "del_0", stage: "x" } }],
    "query($b:Boolean=true){viewer{role actor @include(if:$b){kind}}}",
    "mutation{reviseDealAmount(input:{idempotencyKey:\"k\",id:\"del_0\",amount:{amount:\"1.00\",amount:\"88.00\",currency:\"USD\"}}){deal{id}}}",
    "{a:viewer{tenant{id}} a:viewer{tenant{id:name}}}",
    "{deals(filter:{state:\"OPEN\"},first:1){nodes{id}}}", "{deals(filter:{state:OPEN},first:1){nodes{id}}}",
    ["query($i:String!){node(id:$i){id}}", { i: "del_0" }], ["query($i:ID){node(id:$i){id}}", { i: "del_0" }], ["query($i:ID!){node(id:$i){id}}", { i: "del_0" }],
    "{node(id:\"\\ud83d\\ude00\"){id}}", "{node(id:\"\\u{1F600}\"){id}}",
    ["mutation($a:RecordCollectionInput!,$b:RevokeApiKeyInput!){a:recordCollection(input:$a){collection{id}} b:revokeApiKey(input:$b){apiKey{id}}}", { a: { idempotencyKey: "k", dealId: "del_0", amount: { amount: "1.00", currency: "USD" } }, b: { id: "key_0" } }],
    ["mutation($a:RecordCollectionInput!){recordCollection(input:$a){collection{id}}}", { a: { idempotencyKey: "k", dealId: "del_0", amount: { amount: 1, currency: "USD" } } }],
    ["query P($first:Int,$after:String,$last:Int,$before:String){deals(first:$first,after:$after,last:$last,before:$before){nodes{id}}}", { first: 10 }],
    ["query($first:Int){deals(first:$first){nodes{id}}}", {}], ["query($n:Int){events(first:$n){kind}}", {}], ["query($n:Int){partners(first:1){nodes{registrations(first:$n){nodes{id}}}}}", {}],
    ["query($s:[DealState!]){deals(filter:{state:$s},first:1){nodes{id}}}", { s: ["OPEN", "CLOSED_WON"] }], ["query($s:[DealState!]){deals(filter:{state:$s},first:1){nodes{id}}}", { s: "OPEN" }], ["query($s:[DealState!]){deals(filter:{state:$s},first:1){nodes{id}}}", { s: ["SHUT"] }], ["query($s:DealState!){deals(filter:{state:[$s]},first:1){nodes{id}}}", { s: "OPEN" }],
    "{nodes(ids:[\"a\",\"b\"]){id ... on Deal{name} ... on Partner{name}}}", "{a:nodes(ids:[\"a\"]){id} a:nodes(ids:[\"a\",\"b\"]){id}}", "{nodes(ids:\"a\"){id}}", "{nodes(ids:[1]){id}}", "{nodes(ids:[null]){id}}",
    "subscription{dealStatusChanged{id}}", "subscription{dealStatusChanged{id} ...F} fragment F on Subscription{dealStatusChanged{position}}",
  ],
};
