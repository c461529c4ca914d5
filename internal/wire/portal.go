package wire

// AskPortal looks for a network that wants a sign-in, or stands between: PortalParams
// → PortalPart.
const AskPortal AskKind = "probe.portal"

// PortalParams may name a page of one's own that answers 204 and nothing else, over
// http. Empty: the Deskbell server's host is asked, and nobody else.
type PortalParams struct {
	URL string `json:"url,omitempty"`
}

// PortalPart is what was found.
type PortalPart struct {
	State   PortalState `json:"state"`
	Asked   string      `json:"asked,omitempty"`   // the page that was fetched without encryption
	Status  int         `json:"status,omitempty"`  // of its answer
	Leads   string      `json:"leads,omitempty"`   // where one is to sign in
	Server  string      `json:"server,omitempty"`  // host:port that a handshake was made with
	Verdict string      `json:"verdict,omitempty"` // of its certificate: holds, other_key, …
	Issuer  string      `json:"issuer,omitempty"`  // of the certificate
	Problem string      `json:"problem,omitempty"` // why something could not be asked
}

// PortalState is what stands between.
type PortalState string

// The states.
const (
	PortalNone        PortalState = "none"
	PortalCaptive     PortalState = "captive"     // the network wants a sign-in first
	PortalIntercepted PortalState = "intercepted" // somebody answers in the place of whom was asked
	PortalUnknown     PortalState = "unknown"     // nothing answered, so nothing can be said
)
