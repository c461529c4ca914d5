package siem

import "github.com/deskbell/deskbell/server/audit"

// kind says what an action is to a SIEM.
type kind struct {
	class    string
	severity int // of syslog: 4 warning, 5 notice, 6 information
	name     string
}

// The classes.
const (
	signIn     = "sign-in"
	permission = "permission"
	remote     = "remote-action"
	finding    = "security-finding"
)

// kinds are the actions that are told. What else the audit log has is the help desk's
// and nobody's business there.
var kinds = map[audit.Action]kind{
	audit.SignedIn:      {signIn, 6, "Signed in"},
	audit.SignInFailed:  {signIn, 4, "Sign-in refused"},
	audit.SignedOut:     {signIn, 6, "Signed out"},
	audit.PortalEntered: {signIn, 6, "Portal entered"},
	audit.ScreenEntered: {signIn, 6, "Screen shows the wall"},

	audit.PasswordSet:      {permission, 5, "Password set"},
	audit.PersonAdded:      {permission, 5, "Person added to the staff"},
	audit.PersonChanged:    {permission, 5, "Person's rights changed"},
	audit.PersonRemoved:    {permission, 5, "Person removed"},
	audit.LinkMade:         {permission, 5, "Sign-in link made"},
	audit.TokenMade:        {permission, 5, "Token made"},
	audit.TokenRevoked:     {permission, 5, "Token revoked"},
	audit.ScreenMade:       {permission, 5, "Screen for the wall made"},
	audit.ScreenRevoked:    {permission, 5, "Screen for the wall revoked"},
	audit.AccountLinked:    {permission, 5, "Account linked"},
	audit.EnrolmentMade:    {permission, 5, "Enrolment made"},
	audit.EnrolmentRevoked: {permission, 5, "Enrolment revoked"},
	audit.EndpointEnrolled: {permission, 6, "Endpoint enrolled"},
	audit.EndpointReleased: {permission, 5, "Endpoint released"},
	audit.EndpointRevoked:  {permission, 5, "Endpoint withdrawn"},
	audit.SettingsChanged:  {permission, 5, "Settings changed"},
	audit.ChannelMade:      {permission, 5, "Channel made"},
	audit.ChannelChanged:   {permission, 5, "Channel changed"},
	audit.ChannelDeleted:   {permission, 5, "Channel deleted"},

	audit.EndpointAsked:    {remote, 6, "Endpoint asked"},
	audit.FleetAsked:       {remote, 6, "Fleet asked"},
	audit.EndpointActed:    {remote, 5, "Action on an endpoint"},
	audit.EndpointAnswered: {remote, 6, "Outcome of an action"},
	audit.SnapshotRead:     {remote, 6, "Snapshot read"},
	audit.ScriptWritten:    {remote, 5, "Script written"},
	audit.ScriptApproved:   {remote, 5, "Script approved"},
	audit.ScriptWithdrawn:  {remote, 5, "Script withdrawn"},

	audit.EndpointHeld:      {finding, 4, "Endpoint held: its identity is in two places"},
	audit.MessageForged:     {finding, 4, "Message came again with another content"},
	audit.AttachmentRefused: {finding, 4, "Attachment refused"},
}
