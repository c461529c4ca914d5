// Package audit is the log of what matters to trust: sign-ins, permissions,
// enrolments, looks into machines. Each entry's hash covers the one before it, so
// that an entry that is changed, taken out or put in shows at once when the chain
// is verified against a hash that somebody wrote down.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// Entry is one line of the log.
type Entry struct {
	Seq    int64          `json:"seq"`
	At     time.Time      `json:"at"` // to the millisecond
	Actor  Actor          `json:"actor"`
	Action Action         `json:"action"`
	Object string         `json:"object"` // "kind:id", for example "endpoint:01J…"
	Detail map[string]any `json:"detail,omitempty"`
	Hash   []byte         `json:"hash"`
}

// Actor is who did it, as it was then.
type Actor struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Action names what was done. It is stored, so it is never renamed.
type Action string

// The actions.
const (
	SignedIn          Action = "session.started"
	SignInFailed      Action = "session.refused"
	SignedOut         Action = "session.ended"
	PasswordSet       Action = "password.set"
	PersonAdded       Action = "person.added"
	PersonChanged     Action = "person.changed"
	LinkMade          Action = "link.made"
	TokenMade         Action = "token.made"
	TokenRevoked      Action = "token.revoked"
	ScreenMade        Action = "screen.made" // may show the wall
	ScreenEntered     Action = "screen.entered"
	ScreenRevoked     Action = "screen.revoked"
	SiteAdded         Action = "site.added"
	SiteChanged       Action = "site.changed" // its time zone
	EnrolmentMade     Action = "enrolment.made"
	EnrolmentRevoked  Action = "enrolment.revoked"
	EndpointEnrolled  Action = "endpoint.enrolled"
	EndpointHeld      Action = "endpoint.held"
	EndpointReleased  Action = "endpoint.released"
	EndpointRevoked   Action = "endpoint.revoked"
	EndpointMoved     Action = "endpoint.moved"
	EndpointAsked     Action = "endpoint.asked"
	FleetAsked        Action = "fleet.asked"       // one question to many endpoints
	ScriptWritten     Action = "script.written"    // a version, not approved yet
	ScriptApproved    Action = "script.approved"   // by somebody else than who wrote it
	ScriptWithdrawn   Action = "script.withdrawn"  // it runs no more
	EndpointActed     Action = "endpoint.acted"    // something was to be done on it from afar
	EndpointAnswered  Action = "endpoint.answered" // what became of that
	MessageForged     Action = "message.forged"    // an id came again with another content
	PortalEntered     Action = "portal.entered"
	AccountLinked     Action = "account.linked"
	SnapshotRead      Action = "snapshot.read"
	SettingsChanged   Action = "settings.changed"
	RulebookChanged   Action = "rulebook.changed"
	ViewSaved         Action = "view.saved" // one of everybody's
	ViewDeleted       Action = "view.deleted"
	ProfileChanged    Action = "person.profile" // who is away until when, and knows what
	AttachmentRefused Action = "attachment.refused"
	ContactChanged    Action = "contact.changed"
	PeopleImported    Action = "people.imported"
	PersonRemoved     Action = "person.removed" // their data, on request
	AlertActed        Action = "alert.acted"    // acknowledged, given to somebody, noted
	AlertSilenced     Action = "alert.silenced" // nobody is told of some for a time
	SilenceEnded      Action = "silence.ended"
	WindowChanged     Action = "maintenance.changed"
	ChannelMade       Action = "channel.made" // to tell somebody of alerts
	ChannelChanged    Action = "channel.changed"
	ChannelDeleted    Action = "channel.deleted"
	ChannelTested     Action = "channel.tested"
	MessageAgain      Action = "message.again" // one that was given up is sent once more
	MessageDropped    Action = "message.dropped"
	HeartbeatMade     Action = "heartbeat.made"
	HeartbeatChanged  Action = "heartbeat.changed"
	HeartbeatDeleted  Action = "heartbeat.deleted"
	RotaMade          Action = "rota.made" // who is on call when
	RotaChanged       Action = "rota.changed"
	RotaDeleted       Action = "rota.deleted"
	RotaOverride      Action = "rota.override" // somebody stands in
	RotaOverrideEnded Action = "rota.override_ended"
	PolicyMade        Action = "escalation.made" // who is told when nobody answers
	PolicyChanged     Action = "escalation.changed"
	PolicyDeleted     Action = "escalation.deleted"
	CheckMade         Action = "check.made" // of a service
	CheckChanged      Action = "check.changed"
	CheckDeleted      Action = "check.deleted"
	CheckTried        Action = "check.tried" // once, by hand
	GroupMade         Action = "group.made"  // of endpoints
	GroupChanged      Action = "group.changed"
	GroupDeleted      Action = "group.deleted"
	MailingMade       Action = "report.scheduled" // one that is sent by mail again and again
	MailingChanged    Action = "report.schedule_changed"
	MailingDeleted    Action = "report.schedule_deleted"
	MailingSent       Action = "report.sent"
	MailingTried      Action = "report.tried"   // once, by hand
	MailingStopped    Action = "report.stopped" // whoever set it up may not any more
	DeviceAdded       Action = "device.added"   // of the network
	DeviceChanged     Action = "device.changed"
	DeviceRemoved     Action = "device.removed"
	DeviceTried       Action = "device.tried" // once, by hand
	// What employees are told of known outages.
	AnnouncementMade    Action = "announcement.made"
	AnnouncementChanged Action = "announcement.changed"
	AnnouncementUpdated Action = "announcement.updated" // a word on how it goes
	AnnouncementEnded   Action = "announcement.ended"
	// Major incidents.
	IncidentOpened    Action = "incident.opened" // by hand, or confirmed
	IncidentDismissed Action = "incident.dismissed"
	IncidentChanged   Action = "incident.changed"
	IncidentResolved  Action = "incident.resolved"
)

// Chain returns the hash of an entry that follows one with the hash prev:
// SHA-256 over prev, the time in milliseconds, and each part with its length
// before it. actor and detail are the very bytes that are stored, so that no
// other way to write JSON changes a hash.
func Chain(prev []byte, at time.Time, actor, detail []byte, action Action, object string) []byte {
	h := sha256.New()
	var n [8]byte
	part := func(b []byte) {
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	part(prev)
	binary.BigEndian.PutUint64(n[:], uint64(at.UnixMilli()))
	h.Write(n[:])
	part(actor)
	part([]byte(action))
	part([]byte(object))
	part(detail)
	return h.Sum(nil)
}

// Row is an entry as it is stored.
type Row struct {
	Seq    int64
	At     time.Time
	Actor  []byte
	Action Action
	Object string
	Detail []byte
	Hash   []byte
}

// Verifier checks a log from its first row on.
type Verifier struct {
	prev []byte
	seq  int64
	n    int64
}

// Next checks the row that follows. Rows come in the order of Seq.
func (v *Verifier) Next(r Row) error {
	if r.Seq <= v.seq {
		return fmt.Errorf("entry %d comes after entry %d", r.Seq, v.seq)
	}
	if want := Chain(v.prev, r.At, r.Actor, r.Detail, r.Action, r.Object); !bytes.Equal(want, r.Hash) {
		return fmt.Errorf("entry %d of %s does not fit the one before it: it, or one before it, was changed or taken out", r.Seq, r.At.Format(time.RFC3339))
	}
	v.prev, v.seq, v.n = r.Hash, r.Seq, v.n+1
	return nil
}

// Head returns how many entries were checked and the last one's hash. Whoever
// writes it down elsewhere can later show that nothing before it was changed.
func (v *Verifier) Head() (n int64, hash []byte) { return v.n, v.prev }

// Entry reads a row's parts.
func (r Row) Entry() (Entry, error) {
	e := Entry{Seq: r.Seq, At: r.At, Action: r.Action, Object: r.Object, Hash: r.Hash}
	if err := json.Unmarshal(r.Actor, &e.Actor); err != nil {
		return e, fmt.Errorf("audit entry %d: %w", r.Seq, err)
	}
	if len(r.Detail) > 0 {
		if err := json.Unmarshal(r.Detail, &e.Detail); err != nil {
			return e, fmt.Errorf("audit entry %d: %w", r.Seq, err)
		}
	}
	return e, nil
}
