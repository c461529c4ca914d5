package diagnostics

// EmptyPage is the path under which a server answers 204 and nothing else, with and
// without encryption. Whatever else comes back, somebody else has sent it: a network
// that wants a sign-in, mostly. The name is what other such pages have.
const EmptyPage = "/generate_204"
