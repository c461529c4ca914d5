package audit

// Query selects entries of the log, the newest first. The zero fields do not
// matter.
type Query struct {
	Object string
	Action Action
	Actor  string // in the name or the id of who did it
	Before int64  // a sequence number
	Limit  int
}

// Actions lists all actions in the order of their meaning.
func Actions() []Action {
	return []Action{
		SignedIn, SignInFailed, SignedOut, PasswordSet, PersonAdded, PersonChanged, LinkMade, TokenMade, TokenRevoked, SiteAdded, SiteChanged,
		EnrolmentMade, EnrolmentRevoked, EndpointEnrolled, EndpointHeld, EndpointReleased, EndpointRevoked, EndpointMoved, EndpointAsked, EndpointActed, EndpointAnswered, ScriptWritten, ScriptApproved, ScriptWithdrawn,
		MessageForged, PortalEntered, AccountLinked, SnapshotRead, SettingsChanged, AttachmentRefused,
		ContactChanged, PeopleImported, PersonRemoved,
	}
}
