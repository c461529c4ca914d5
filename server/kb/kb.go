// Package kb is the knowledge base: articles that employees find before they ring
// and technicians link when they answer. An article has a draft that is written
// on, and versions that were published; what is read is the newest of these.
package kb

import (
	"context"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/ticket"
)

// Audience is for whom an article is.
type Audience string

// The audiences.
const (
	Everyone Audience = "everyone" // employees and staff
	Staff    Audience = "staff"
)

// Text is what an article says.
type Text struct {
	Title    string              `json:"title"`
	Body     string              `json:"body"` // Markdown
	Audience Audience            `json:"audience"`
	Files    []ticket.Attachment `json:"files,omitempty"`
}

// Article is an article with what is known about it.
type Article struct {
	ID        string
	Revision  int64 // rises with each change; a write names the one that it saw
	Published int   // the number of the newest version; 0: never published
	Text            // the newest version's; of one that was never published, nothing
	Draft     *Text // what is being written; nil: nothing
	Retired   bool  // nobody finds it any more
	Owner     ticket.Person
	ReviewAt  time.Time // when the owner should look whether it still holds; zero: never
	From      string    // the id of the ticket whose solution it was made of
	CreatedAt time.Time
	UpdatedAt time.Time
	UpdatedBy ticket.Person
	Helped    int // readers who said so
	Unhelped  int // readers who said that it did not
	Deflected int // tickets that were not sent because it helped
}

// Name is the article's title, of its draft when it was never published.
func (a Article) Name() string {
	if a.Published == 0 && a.Draft != nil {
		return a.Draft.Title
	}
	return a.Title
}

// Latest is the text that somebody who edits goes on from.
func (a Article) Latest() Text {
	if a.Draft != nil {
		return *a.Draft
	}
	return a.Text
}

// Due reports whether the article should be reviewed.
func (a Article) Due(now time.Time) bool {
	return !a.Retired && !a.ReviewAt.IsZero() && !now.Before(a.ReviewAt)
}

// Version is a published text.
type Version struct {
	Number int
	At     time.Time
	By     ticket.Person
	What   string // what its author said has changed
	Text
}

// Feedback is what a reader said of an article. A reader's last word counts.
type Feedback struct {
	Who     string // a person's id, or an account of an endpoint
	Name    string
	At      time.Time
	Helped  bool
	Comment string
}

// Which selects articles of a list.
type Which string

// The lists.
const (
	All     Which = ""        // all but the retired
	Drafts  Which = "drafts"  // those with something unpublished
	Review  Which = "review"  // those due for review
	Retired Which = "retired" //
)

// Hit is an article that was found.
type Hit struct {
	ID       string
	Title    string
	Audience Audience
	Summary  string // the beginning of its text, without marks
}

// Store is what the knowledge base needs kept. Get-like methods fail with
// fault.NotFound.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	Article(ctx context.Context, id string) (Article, error)
	Articles(ctx context.Context, which Which, now time.Time, after string, limit int) ([]Article, error)
	Versions(ctx context.Context, id string) ([]Version, error)
	Version(ctx context.Context, id string, number int) (Version, error)
	Feedback(ctx context.Context, id string, limit int) ([]Feedback, error)
	// Find returns published articles with the words, the best first: with all of
	// them, or with any. Each word is the beginning of one.
	Find(ctx context.Context, words []string, any bool, staff bool, limit int) ([]Found, error)
	Bytes(ctx context.Context, sha256 string, size int64) io.Reader
}

// Found is an article as the index has it.
type Found struct {
	ID       string
	Title    string
	Audience Audience
	Words    string // its words, folded
	Body     string
}

// Tx is a write.
type Tx interface {
	Article(id string) (Article, error)
	// Put stores an article that was not there, or changed since revision before.
	Put(a Article, before int64) error
	AddVersion(id string, v Version) error
	// Index makes an article found by its words; none take it out.
	Index(a Article, title, body string) error
	PutFeedback(id string, f Feedback) error
	// Deflect counts that an article kept somebody from ringing, once a day.
	Deflect(id, who, day, question string, now time.Time) error
	BlobSize(sha256 string) (size int64, kind string, err error)
	Person(id string) (ticket.Person, auth.Role, error)
}

// Base is the knowledge base.
type Base struct {
	store Store
	now   func() time.Time
}

// New returns a knowledge base over a store.
func New(store Store, now func() time.Time) *Base { return &Base{store: store, now: now} }

func person(a auth.Actor) ticket.Person { return ticket.Person{ID: a.Person, Name: a.Name} }

// may tells whether an actor reads what an article of the audience says.
func may(actor auth.Actor, a Article) bool {
	if actor.Kind == auth.Staff || actor.Kind == auth.System {
		return true
	}
	return a.Published > 0 && !a.Retired && a.Audience == Everyone
}

var errNone = fault.New(fault.NotFound, "There is no such article. It may have been taken back.")

// Get returns an article to somebody who may read it. An employee gets nothing of
// its draft.
func (b *Base) Get(ctx context.Context, actor auth.Actor, id string) (Article, error) {
	if err := auth.Authorise(actor, auth.KnowledgeRead, auth.Object{}); err != nil {
		return Article{}, err
	}
	a, err := b.store.Article(ctx, id)
	if err != nil {
		return a, err
	}
	if !may(actor, a) {
		return Article{}, errNone
	}
	if actor.Kind == auth.Requester {
		a.Draft, a.From = nil, ""
	}
	return a, nil
}

// List returns a page of articles for the staff, the newest change first, and the
// id after which the next page begins.
func (b *Base) List(ctx context.Context, actor auth.Actor, which Which, after string, limit int) ([]Article, string, error) {
	if err := auth.Authorise(actor, auth.KnowledgeRead, auth.Object{}); err != nil {
		return nil, "", err
	}
	if actor.Kind == auth.Requester {
		return nil, "", fault.New(fault.Forbidden, "Search the articles instead.")
	}
	switch which {
	case All, Drafts, Review, Retired:
	default:
		return nil, "", fault.Field("which", "There are the lists drafts, review and retired.")
	}
	limit = min(max(limit, 1), 200)
	list, err := b.store.Articles(ctx, which, b.now(), after, limit+1)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	return list[:limit], list[limit-1].ID, nil
}

// clean returns a text fit to be stored.
func clean(tx Tx, t Text) (Text, error) {
	t.Title = strings.TrimSpace(t.Title)
	switch {
	case t.Title == "":
		return t, fault.Field("title", "The article has no title. Write what somebody would look for.")
	case utf8.RuneCountInString(t.Title) > wire.MaxTitle:
		return t, fault.Field("title", "The title is longer than 200 characters.")
	case !utf8.ValidString(t.Title) || strings.ContainsFunc(t.Title, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		return t, fault.Field("title", "The title holds a line break or a control character. Write it on one line.")
	}
	if t.Audience == "" {
		t.Audience = Staff
	}
	if t.Audience != Everyone && t.Audience != Staff {
		return t, fault.Field("audience", "An article is for everyone or for the staff.")
	}
	var err error
	if t.Body, err = ticket.CleanText("body", t.Body); err != nil {
		return t, err
	}
	if len(t.Files) > maxFiles {
		return t, fault.Field("files", "An article carries at most 40 files.")
	}
	for i := range t.Files {
		f := &t.Files[i]
		if f.Size, f.Type, err = tx.BlobSize(f.SHA256); err != nil {
			return t, fault.New(fault.Unavailable, "A file of the article has not arrived yet. Send it first.")
		}
		f.Name = ticket.CleanName(f.Name)
	}
	return t, nil
}

const maxFiles = 40

// Create begins an article as a draft of the actor's. from is the id of the
// ticket that it is made of, if it is.
func (b *Base) Create(ctx context.Context, actor auth.Actor, t Text, from string) (Article, error) {
	now := b.now()
	a := Article{ID: ulid.MustNewDefault(now).String(), Owner: person(actor), From: from, CreatedAt: now, ReviewAt: now.AddDate(1, 0, 0)}
	return b.write(ctx, actor, func(tx Tx) (Article, error) {
		t, err := clean(tx, t)
		a.Draft = &t
		return a, err
	})
}

// change carries out a change of an article that the actor saw in a revision.
func (b *Base) change(ctx context.Context, actor auth.Actor, id string, seen int64, f func(tx Tx, a *Article) error) (Article, error) {
	return b.write(ctx, actor, func(tx Tx) (Article, error) {
		a, err := tx.Article(id)
		if err != nil {
			return a, err
		}
		if seen != a.Revision {
			return a, fault.Newf(fault.Stale, "%s has changed this article meanwhile. Nothing was saved; look at the change and save again.", a.UpdatedBy.Name)
		}
		return a, f(tx, &a)
	})
}

func (b *Base) write(ctx context.Context, actor auth.Actor, f func(tx Tx) (Article, error)) (Article, error) {
	if err := auth.Authorise(actor, auth.KnowledgeWrite, auth.Object{}); err != nil {
		return Article{}, err
	}
	var out Article
	err := b.store.Update(ctx, func(tx Tx) error {
		a, err := f(tx)
		if err != nil {
			return err
		}
		before := a.Revision
		a.Revision, a.UpdatedAt, a.UpdatedBy = before+1, b.now(), person(actor)
		out = a
		return tx.Put(a, before)
	})
	return out, err
}

// SaveDraft keeps what is being written. Nobody but the staff sees it.
func (b *Base) SaveDraft(ctx context.Context, actor auth.Actor, id string, seen int64, t Text) (Article, error) {
	return b.change(ctx, actor, id, seen, func(tx Tx, a *Article) error {
		t, err := clean(tx, t)
		a.Draft = &t
		return err
	})
}

// DropDraft throws away what was written since the newest version.
func (b *Base) DropDraft(ctx context.Context, actor auth.Actor, id string, seen int64) (Article, error) {
	return b.change(ctx, actor, id, seen, func(_ Tx, a *Article) error {
		if a.Published == 0 {
			return fault.New(fault.Conflict, "This article was never published: there is nothing to go back to. Retire it instead.")
		}
		a.Draft = nil
		return nil
	})
}

// Publish makes the draft a version, which is found and read from now on.
func (b *Base) Publish(ctx context.Context, actor auth.Actor, id string, seen int64, what string) (Article, error) {
	return b.change(ctx, actor, id, seen, func(tx Tx, a *Article) error {
		switch {
		case a.Draft == nil:
			return fault.New(fault.Conflict, "There is nothing new to publish.")
		case strings.TrimSpace(a.Draft.Body) == "":
			return fault.Field("body", "The article has no text. Write it before you publish it.")
		case utf8.RuneCountInString(what) > 500:
			return fault.Field("what", "Say in at most 500 characters what has changed.")
		}
		what, err := ticket.CleanText("what", what)
		if err != nil {
			return err
		}
		a.Published, a.Text, a.Draft, a.Retired = a.Published+1, *a.Draft, nil, false
		if err := tx.AddVersion(id, Version{Number: a.Published, At: b.now(), By: person(actor), What: what, Text: a.Text}); err != nil {
			return err
		}
		return b.index(tx, *a)
	})
}

// index makes the article found as it is.
func (b *Base) index(tx Tx, a Article) error {
	if a.Retired || a.Published == 0 {
		return tx.Index(a, "", "")
	}
	return tx.Index(a, query.Fold(a.Title), query.Fold(plain(a.Body)))
}

// Care is who looks after an article, and when.
type Care struct {
	Owner    string // a person's id
	ReviewAt time.Time
	Retired  bool
}

// Care sets who looks after an article, and whether it is read any longer.
func (b *Base) Care(ctx context.Context, actor auth.Actor, id string, seen int64, c Care) (Article, error) {
	return b.change(ctx, actor, id, seen, func(tx Tx, a *Article) error {
		if c.Owner != a.Owner.ID {
			p, role, err := tx.Person(c.Owner)
			if err != nil || !auth.May(auth.Actor{Kind: auth.Staff, Person: p.ID, Role: role}, auth.KnowledgeWrite) {
				return fault.Field("owner", "The owner has to be somebody who writes articles.")
			}
			a.Owner = p
		}
		a.ReviewAt, a.Retired = c.ReviewAt, c.Retired
		return b.index(tx, *a)
	})
}

// Versions returns all versions to the staff, the newest first.
func (b *Base) Versions(ctx context.Context, actor auth.Actor, id string) ([]Version, error) {
	if err := auth.Authorise(actor, auth.KnowledgeWrite, auth.Object{}); err != nil {
		return nil, err
	}
	return b.store.Versions(ctx, id)
}

// Version returns one version to the staff.
func (b *Base) Version(ctx context.Context, actor auth.Actor, id string, number int) (Version, error) {
	if err := auth.Authorise(actor, auth.KnowledgeWrite, auth.Object{}); err != nil {
		return Version{}, err
	}
	return b.store.Version(ctx, id, number)
}

// Restore makes an old version the draft.
func (b *Base) Restore(ctx context.Context, actor auth.Actor, id string, seen int64, number int) (Article, error) {
	v, err := b.Version(ctx, actor, id, number)
	if err != nil {
		return Article{}, err
	}
	return b.change(ctx, actor, id, seen, func(_ Tx, a *Article) error {
		a.Draft = &v.Text
		return nil
	})
}

// File opens a file of an article for somebody who may read the article.
func (b *Base) File(ctx context.Context, actor auth.Actor, id, sha string) (ticket.Attachment, io.Reader, error) {
	a, err := b.Get(ctx, actor, id)
	if err != nil {
		return ticket.Attachment{}, nil, err
	}
	list := a.Files
	if a.Draft != nil {
		list = append(list[:len(list):len(list)], a.Draft.Files...)
	}
	if actor.Kind != auth.Requester {
		old, err := b.store.Versions(ctx, id)
		if err != nil {
			return ticket.Attachment{}, nil, err
		}
		for _, v := range old {
			list = append(list, v.Files...)
		}
	}
	for _, f := range list {
		if f.SHA256 == sha {
			return f, b.store.Bytes(ctx, sha, f.Size), nil
		}
	}
	return ticket.Attachment{}, nil, fault.New(fault.NotFound, "The article has no such file.")
}
