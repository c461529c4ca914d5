package model

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
)

// Ring is the window “Get help”: what the employee has written, what the computer
// has found about itself, and what has become of sending it.
type Ring struct {
	Draft   Draft
	Link    local.Status
	Checkup *local.Checkup // nil until the first part is there
	Failed  error          // why there is no check-up
	Stage   Stage
	Receipt local.Receipt // with Sent, Saved and Refused
	Problem error         // with NotSaved

	Picturing bool // a picture of the screen is being made ready

	Recording *diagnostics.Recording // around what the employee has marked; nil without a mark
	Changes   *inventory.Changes     // on the computer; nil when there is nothing to tell

	Articles []local.Article // that may answer the question
	Reading  string          // the id of the one that is unfolded
}

// Draft is what an employee has written and not sent. It is kept on disk until it
// is sent, so its JSON form is stable.
type Draft struct {
	Ref      string                    `json:"ref,omitempty"`     // minted when it is sent first, and gone with the next change
	Request  bool                      `json:"request,omitempty"` // something is wanted; else something is broken
	Question string                    `json:"question,omitempty"`
	Details  string                    `json:"details,omitempty"`
	Files    []File                    `json:"files,omitempty"`
	Without  []diagnostics.SectionName `json:"without,omitempty"`
	Guided   *Guided                   `json:"guided,omitempty"` // what guided help found before
}

// Empty reports whether nothing would be lost with the draft.
func (d Draft) Empty() bool {
	return strings.TrimSpace(d.Question) == "" && strings.TrimSpace(d.Details) == "" && len(d.Files) == 0 && len(d.Without) == 0 && d.Guided == nil
}

// File is a file that the employee has attached.
type File struct {
	Path string `json:"path"`
	Name string `json:"name"`
	Size int64  `json:"size"`
	Own  bool   `json:"own,omitempty"` // kept with the drafts, and gone with them
}

// Label is the file as it is listed.
func (f File) Label() string { return wordsFile(clip(f.Name, 48), Bytes(uint64(max(f.Size, 0)))) }

// CheckFile says why a file cannot be attached, or nil.
func CheckFile(f File) error {
	if f.Size > wire.MaxBlob {
		return fault.New(fault.TooLarge, wordsFileTooLarge(clip(f.Name, 48), Bytes(wire.MaxBlob)))
	}
	if f.Size == 0 {
		return fault.New(fault.Invalid, wordsFileEmpty(clip(f.Name, 48)))
	}
	return nil
}

// Stage is how far a ring has come.
type Stage int

// The stages.
const (
	Writing  Stage = iota // the employee writes
	Sending               // the agent has been asked to take it
	Sent                  // on the server's disk
	Saved                 // on this computer's disk
	Refused               // the server will not have it
	NotSaved              // nobody has it but this window
	Helped                // an article was enough: nothing was sent
)

// Done reports whether the ring has left the window.
func (s Stage) Done() bool { return s == Sent || s == Saved || s == Refused || s == Helped }

// Parts returns the title and the text that are sent. The title is the first line
// of the question. What does not fit goes into the text, so that no one is asked
// to shorten a cry for help.
func (d Draft) Parts() (title, body string) {
	question := strings.TrimSpace(Plain(d.Question))
	details := strings.TrimSpace(Plain(d.Details))
	title, more, _ := strings.Cut(question, "\n")
	title = Line(title)
	if utf8.RuneCountInString(title) > wire.MaxTitle {
		more = question
		title = cutTitle(title)
	}
	more = strings.TrimSpace(more)
	switch {
	case more == "":
		return title, details
	case details == "":
		return title, more
	}
	return title, more + "\n\n" + details
}

// cutTitle shortens a title to the limit, at a space when there is one near.
func cutTitle(title string) string {
	r := []rune(title)[:wire.MaxTitle-1]
	cut := len(r)
	for i := len(r) - 1; i > len(r)*3/4; i-- {
		if r[i] == ' ' {
			cut = i
			break
		}
	}
	return strings.TrimSpace(string(r[:cut])) + "…"
}

// Check says what the draft lacks, or nil when it can be sent.
func (d Draft) Check() error {
	title, body := d.Parts()
	if title == "" {
		return fault.Field("title", wordsRingNoTitle())
	}
	if len(d.withGuided(body)) > wire.MaxBody {
		return fault.Field("body", wordsRingTooLong(Bytes(wire.MaxBody)))
	}
	for _, f := range d.Files {
		if err := CheckFile(f); err != nil {
			return err
		}
	}
	return nil
}

// Message returns what is handed to the agent. A check-up that is not finished,
// or of which nothing is left, is not named.
func (r Ring) Message(files []wire.Attachment) local.Draft {
	title, body := r.Draft.Parts()
	m := local.Draft{Ref: r.Draft.Ref, Title: title, Body: r.Draft.withGuided(body), Attachments: files, Language: string(tongue.Current())}
	if r.Draft.Request {
		m.Kind = wire.KindRequest // the other way nobody has chosen: the desk may know better
	}
	if r.Checkup != nil && r.Checkup.Done && !r.nothingTicked() {
		m.Checkup = r.Checkup.ID
		m.Without = slices.DeleteFunc(slices.Clone(r.Draft.Without), func(n diagnostics.SectionName) bool {
			return n == SectionRecorder || n == SectionGuided || n == SectionChanges
		})
	}
	return m
}

func (r Ring) nothingTicked() bool {
	for _, n := range diagnostics.SectionNames() {
		if !slices.Contains(r.Draft.Without, n) {
			return false
		}
	}
	return true
}

// Tick puts a section in or takes it out.
func (d *Draft) Tick(name diagnostics.SectionName, in bool) {
	d.Without = slices.DeleteFunc(d.Without, func(n diagnostics.SectionName) bool { return n == name })
	if !in {
		d.Without = append(d.Without, name)
	}
}

// Checking reports whether the check-up still runs.
func (r Ring) Checking() bool {
	return r.Failed == nil && (r.Checkup == nil || !r.Checkup.Done)
}

// RingView is what the window shows.
type RingView struct {
	Notice   Notice
	Checking string // progress of the check-up; "" when it is over
	Calm     string // said in the findings' place when there are none
	Findings []Finding
	Folded   []Finding
	FoldText string // on the button that unfolds
	Sections []Section
	Recorded []Section // what the flight recorder has, when something was marked
	Changed  []Section // what has changed on the computer, when anything has
	Guided   []Section // what guided help found, when it was asked before
	SendText string    // what goes along, in one line
	Title    string    // said when the question is too long for a title
	Files    []string
	Articles []ArticleView
	CanSend  bool // the button can be pressed
	CanEdit  bool
	Status   string // beside the button
	Bad      bool   // the status is a problem
}

// View returns what the window shows while the employee writes and sends.
func (r Ring) View() RingView {
	v := RingView{
		Notice:   NoticeOf(r.Link),
		Sections: SectionsOf(r.Checkup, r.Draft.Without),
		CanEdit:  r.Stage == Writing || r.Stage == NotSaved,
	}
	if r.Recording != nil && r.Failed == nil {
		v.Recorded = []Section{sectionOfRecording(r.Recording, r.Draft.Without, time.Local)}
	}
	if r.Changes != nil && r.Failed == nil {
		v.Changed = []Section{sectionOfChanges(r.Changes, r.Draft.Without)}
	}
	if r.Draft.Guided != nil {
		v.Guided = []Section{sectionOfGuided(r.Draft)}
	}
	v.CanSend = v.CanEdit && !r.Picturing && strings.TrimSpace(r.Draft.Question) != ""
	if r.Failed != nil {
		v.Sections = nil // nothing of the computer goes along
	}
	r.viewCheckup(&v)
	v.Articles = r.viewArticles()
	v.SendText = r.along()
	if title, _ := r.Draft.Parts(); strings.HasSuffix(title, "…") && utf8.RuneCountInString(strings.TrimSpace(r.Draft.Question)) > wire.MaxTitle {
		v.Title = wordsRingLongTitle()
	}
	for _, f := range r.Draft.Files {
		v.Files = append(v.Files, f.Label())
	}
	switch r.Stage {
	case Writing:
		v.Status = wordsRingHint()
		if r.Picturing {
			v.Status = wordsRingPicturing()
		}
	case Sending:
		v.Status = wordsRingSending()
		if r.Checking() {
			v.Status = wordsRingSendingSoon()
		}
	case NotSaved:
		v.Status, v.Bad = wordsRingNotSaved(sentence(r.Problem)), true
	}
	return v
}

func (r Ring) viewCheckup(v *RingView) {
	if r.Checking() {
		read, all := Progress(r.Checkup)
		v.Checking = wordsRingChecking(read, all)
	}
	if r.Checkup != nil {
		v.Findings, v.Folded = FoldFindings(FindingsOf(r.Checkup.Findings))
		v.FoldText = wordsMoreFindings(len(v.Folded))
	}
	switch {
	case r.Failed != nil:
		v.Calm = wordsRingNoCheckup()
	case r.Checking(), len(v.Findings) > 0:
	case r.incomplete():
		v.Calm = wordsRingPartlyCalm()
	default:
		v.Calm = wordsRingCalm()
	}
}

// incomplete reports whether a section could not be read: then silence of the
// findings is not the same as health.
func (r Ring) incomplete() bool {
	for _, s := range r.Checkup.Snapshot.Sections() {
		switch s.State {
		case diagnostics.StateFailed, diagnostics.StateTimeout, diagnostics.StatePartial:
			return true
		}
	}
	return false
}

// along is the line that says what goes with the words.
func (r Ring) along() string {
	line := r.alongCheckup()
	if r.sendsRecording() {
		line += " " + wordsRingRecorder(r.Recording.Mark.At.Local().Format("15:04"))
	}
	if r.ChangesToSend() != nil {
		line += " " + tongue.Say("ring.changes")
	}
	return line
}

func (r Ring) alongCheckup() string {
	if r.Failed != nil || r.nothingTicked() {
		return wordsRingOnlyWords()
	}
	ticked := 0
	for _, n := range diagnostics.SectionNames() {
		if !slices.Contains(r.Draft.Without, n) {
			ticked++
		}
	}
	redacted := 0
	if r.Checkup != nil {
		redacted = r.Checkup.Redacted
	}
	return wordsRingAlong(ticked, len(diagnostics.SectionNames()), redacted)
}

// Outcome is what is shown once the ring has left the window.
type Outcome struct {
	Severity diagnostics.Severity // of its sign; "" when all is well
	Sentence string
	More     string // a second line
	Ticket   string // that can be opened; "" when there is none yet
}

// Outcome returns what has become of the ring.
func (r Ring) Outcome() Outcome {
	switch r.Stage {
	case Sent:
		return Outcome{Sentence: wordsRingSent(r.Receipt.Number), Ticket: cmp.Or(r.Receipt.Ticket, r.Receipt.Ref)}
	case Saved:
		return Outcome{Severity: diagnostics.Info, Sentence: wordsRingSaved(), More: wordsRingSavedMore(), Ticket: r.Receipt.Ref}
	case Helped:
		return Outcome{Sentence: wordsRingThanks(), More: wordsRingThanksMore()}
	case Refused:
		return Outcome{Severity: diagnostics.Warning, Sentence: wordsRingRefused(), More: Line(r.Receipt.Sentence)}
	}
	return Outcome{}
}

// StageOf is the stage that a receipt stands for.
func StageOf(r local.Receipt) Stage {
	switch r.Delivery {
	case local.Sent:
		return Sent
	case local.Refused:
		return Refused
	}
	return Saved
}

// Sentence is what to tell the reader about an error.
func Sentence(err error) string { return sentence(err) }

func sentence(err error) string {
	if err == nil {
		return ""
	}
	if _, ok := errors.AsType[*fault.Error](err); !ok {
		return wordsUnknownError()
	}
	return fault.TextOf(err).Or(fault.Sentence(err))
}
