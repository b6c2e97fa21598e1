// Pages of a Relay application, compiled and never run.

// A list that is read on from its end, and again for another partner.
graphql`
  fragment deals_partner on Partner
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }, filter: { type: "DealFilter" })
  @refetchable(queryName: "dealsPartnerPaginationQuery") {
    name
    deals(first: $count, after: $cursor, filter: $filter, orderBy: { field: CREATED_AT, direction: DESC })
      @connection(key: "deals_partner_deals", filters: ["filter"]) {
      totalCount { count precision }
      amountTotals { amount currency }
      edges { node { id ...deals_deal } }
    }
  }
`;

// Connections within a node of a connection, and the last items of one.
graphql`
  fragment deals_deal on Deal {
    name
    stage
    amount { amount currency }
    account @required(action: LOG) { name domains }
    involvements(last: 5) { edges { node { id role partner { id name } } } }
    commissions(first: 3) {
      edges { node { id earnings(last: 2, orderBy: { field: AMOUNT }) { edges { node { id amount { amount } } } } } }
    }
  }
`;

// Read on in both directions.
graphql`
  fragment deals_earnings on Deal
  @argumentDefinitions(
    first: { type: "Int" }, after: { type: "String" }, last: { type: "Int", defaultValue: 20 }, before: { type: "String" }
  )
  @refetchable(queryName: "dealsEarningsPaginationQuery") {
    earnings(first: $first, after: $after, last: $last, before: $before)
      @connection(key: "deals_earnings_earnings") {
      edges { node { id state payableAt } }
      pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
    }
  }
`;

// Relay fetches a fragment on Viewer again by the field viewer, without an id.
graphql`
  fragment deals_viewer on Viewer @refetchable(queryName: "dealsViewerRefetchQuery") {
    role
    permissions
    partner { id ...deals_partner }
  }
`;

// A list at the root, backwards.
graphql`
  fragment deals_newest on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })
  @refetchable(queryName: "dealsNewestPaginationQuery") {
    deals(last: $count, before: $cursor) @connection(key: "deals_newest_deals") {
      edges { node { id ...deals_deal } }
    }
  }
`;

graphql`
  query dealsPageQuery($id: ID!, $ids: [ID!]!) @throwOnFieldError {
    viewer { ...deals_viewer }
    ...deals_newest
    node(id: $id) { ...deals_deal @alias ...deals_earnings @alias }
    nodes(ids: $ids) { ...deals_cards }
  }
`;

graphql`
  fragment deals_cards on Deal @relay(plural: true) { id name state }
`;

// A new row, put at the end of lists that are shown.
graphql`
  mutation dealsOpenMutation($input: OpenDealInput!, $connections: [ID!]!) {
    openDeal(input: $input) {
      deal @appendNode(connections: $connections, edgeTypeName: "DealEdge") { id ...deals_deal }
      userErrors { code field message ids }
    }
  }
`;

graphql`
  subscription dealsStatusSubscription($after: Position) {
    dealStatusChanged(after: $after) { position kind deal { id ...deals_deal } }
  }
`;
