package store

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/kb"
)

// Knowledge returns the store of the knowledge base.
func (db *DB) Knowledge() kb.Store { return kbStore{db} }

type kbStore struct{ *DB }

type kbTx struct{ *Tx }

// Update implements kb.Store.
func (s kbStore) Update(ctx context.Context, f func(kb.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(kbTx{tx}) })
}

const (
	articleColumns = `id, revision, published, retired, title, body, audience, files, draft, owner_id, owner_name, review_at, from_ticket,
		created_at, updated_at, updated_id, updated_name, helped, unhelped, deflected`
	noArticle = "There is no such article. It may have been taken back."
)

func scanArticle(r scanner) (kb.Article, error) {
	var a kb.Article
	var files, draft string
	var review, created, updated int64
	err := r.Scan(&a.ID, &a.Revision, &a.Published, yes{&a.Retired}, &a.Title, &a.Body, &a.Audience, &files, &draft, &a.Owner.ID, &a.Owner.Name, &review, &a.From,
		&created, &updated, &a.UpdatedBy.ID, &a.UpdatedBy.Name, &a.Helped, &a.Unhelped, &a.Deflected)
	if err != nil {
		return a, notFound(err, noArticle)
	}
	a.ReviewAt, a.CreatedAt, a.UpdatedAt = when(review), when(created), when(updated)
	if err := fromJSON(files, &a.Files); err != nil {
		return a, err
	}
	return a, fromJSON(draft, &a.Draft)
}

// Article implements kb.Store.
func (s kbStore) Article(ctx context.Context, id string) (kb.Article, error) {
	return scanArticle(s.stmts.row(ctx, "SELECT "+articleColumns+" FROM articles WHERE id = $1", id))
}

// Article implements kb.Tx.
func (tx kbTx) Article(id string) (kb.Article, error) {
	query := "SELECT " + articleColumns + " FROM articles WHERE id = $1"
	if tx.dialect == postgresDialect {
		query += " FOR UPDATE"
	}
	return scanArticle(tx.row(query, id))
}

// Articles implements kb.Store. Pages follow the ids, which are as old as the articles.
func (s kbStore) Articles(ctx context.Context, which kb.Which, now time.Time, after string, limit int) ([]kb.Article, error) {
	args := []any{after, after == "", limit}
	where := "retired = 0"
	order := "id DESC"
	switch which {
	case kb.Drafts:
		where += " AND draft <> ''"
	case kb.Review:
		where += " AND review_at > 0 AND review_at <= $4"
		args = append(args, millis(now))
	case kb.Retired:
		where = "retired = 1"
	}
	rows, err := s.stmts.query(ctx, "SELECT "+articleColumns+" FROM articles WHERE "+where+" AND ($2 OR id < $1) ORDER BY "+order+" LIMIT $3", args...)
	return collect(rows, err, scanArticle)
}

// Put implements kb.Tx.
func (tx kbTx) Put(a kb.Article, before int64) error {
	files, err := toJSON(a.Files)
	if err != nil {
		return err
	}
	draft := ""
	if a.Draft != nil {
		b, err := json.Marshal(a.Draft)
		if err != nil {
			return err
		}
		draft = string(b)
	}
	args := []any{
		a.Revision, a.Published, flag(a.Retired), a.Title, a.Body, string(a.Audience), files, draft, a.Owner.ID, a.Owner.Name, millis(a.ReviewAt), a.From,
		millis(a.UpdatedAt), a.UpdatedBy.ID, a.UpdatedBy.Name, a.ID,
	}
	if before == 0 {
		return tx.exec(`INSERT INTO articles (revision, published, retired, title, body, audience, files, draft, owner_id, owner_name, review_at, from_ticket,
			updated_at, updated_id, updated_name, id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`, append(args, millis(a.CreatedAt))...)
	}
	n, err := tx.changed(`UPDATE articles SET revision = $1, published = $2, retired = $3, title = $4, body = $5, audience = $6, files = $7, draft = $8,
		owner_id = $9, owner_name = $10, review_at = $11, from_ticket = $12, updated_at = $13, updated_id = $14, updated_name = $15 WHERE id = $16 AND revision = $17`, append(args, before)...)
	if err == nil && n == 0 {
		err = fault.New(fault.Stale, "The article has changed meanwhile. Nothing was saved; look at the change and save again.")
	}
	return err
}

// AddVersion implements kb.Tx.
func (tx kbTx) AddVersion(id string, v kb.Version) error {
	doc, err := json.Marshal(v.Text)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO article_versions (article_id, number, at, by_id, by_name, what, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		id, v.Number, millis(v.At), v.By.ID, v.By.Name, v.What, string(doc))
}

const versionQuery = "SELECT number, at, by_id, by_name, what, doc FROM article_versions WHERE article_id = $1"

func scanVersion(r scanner) (kb.Version, error) {
	var v kb.Version
	var at int64
	var doc string
	if err := r.Scan(&v.Number, &at, &v.By.ID, &v.By.Name, &v.What, &doc); err != nil {
		return v, notFound(err, "The article has no such version.")
	}
	v.At = when(at)
	return v, json.Unmarshal([]byte(doc), &v.Text)
}

// Versions implements kb.Store.
func (s kbStore) Versions(ctx context.Context, id string) ([]kb.Version, error) {
	rows, err := s.stmts.query(ctx, versionQuery+" ORDER BY number DESC", id)
	return collect(rows, err, scanVersion)
}

// Version implements kb.Store.
func (s kbStore) Version(ctx context.Context, id string, number int) (kb.Version, error) {
	return scanVersion(s.stmts.row(ctx, versionQuery+" AND number = $2", id, number))
}

// Index implements kb.Tx.
func (tx kbTx) Index(a kb.Article, title, body string) error {
	if err := tx.exec("DELETE FROM article_words WHERE article_id = $1", a.ID); err != nil || title+body == "" {
		return err
	}
	if tx.dialect == postgresDialect {
		return tx.exec(`INSERT INTO article_words (article_id, audience, body, words) VALUES ($1, $2, $3, setweight(to_tsvector('simple', $4::text), 'A') || to_tsvector('simple', $3::text))`,
			a.ID, string(a.Audience), body, title)
	}
	return tx.exec("INSERT INTO article_words (article_id, audience, title, body) VALUES ($1, $2, $3, $4)", a.ID, string(a.Audience), title, body)
}

// Find implements kb.Store. The words hold letters and digits only.
func (s kbStore) Find(ctx context.Context, words []string, anyOf bool, staff bool, limit int) ([]kb.Found, error) {
	query := `SELECT a.id, a.title, a.audience, w.body, a.body FROM article_words w JOIN articles a ON a.id = w.article_id
		WHERE article_words MATCH $1 AND (w.audience = 'everyone' OR $2) ORDER BY bm25(article_words, 0, 0, 8.0, 1.0), a.id DESC LIMIT $3`
	join, quote, prefix := " AND ", `"`, `"*`
	if anyOf {
		join = " OR "
	}
	if s.dialect == postgresDialect {
		query = `SELECT a.id, a.title, a.audience, w.body, a.body FROM article_words w JOIN articles a ON a.id = w.article_id, to_tsquery('simple', $1) q
			WHERE w.words @@ q AND (w.audience = 'everyone' OR $2) ORDER BY ts_rank(w.words, q) DESC, a.id DESC LIMIT $3`
		join, quote, prefix = " & ", "'", "':*"
		if anyOf {
			join = " | "
		}
	}
	var q strings.Builder
	for i, w := range words {
		if i > 0 {
			q.WriteString(join)
		}
		q.WriteString(quote + w + prefix)
	}
	rows, err := s.stmts.query(ctx, query, q.String(), staff, limit)
	return collect(rows, err, func(r scanner) (f kb.Found, err error) {
		return f, r.Scan(&f.ID, &f.Title, &f.Audience, &f.Words, &f.Body)
	})
}

// PutFeedback implements kb.Tx.
func (tx kbTx) PutFeedback(id string, f kb.Feedback) error {
	err := tx.exec(`INSERT INTO article_feedback (article_id, who, name, at, helped, comment) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (article_id, who) DO UPDATE SET name = excluded.name, at = excluded.at, helped = excluded.helped,
		comment = CASE WHEN excluded.comment = '' THEN article_feedback.comment ELSE excluded.comment END`,
		id, f.Who, f.Name, millis(f.At), flag(f.Helped), f.Comment)
	if err != nil {
		return err
	}
	return tx.exec(`UPDATE articles SET helped = (SELECT COUNT(*) FROM article_feedback WHERE article_id = $1 AND helped = 1),
		unhelped = (SELECT COUNT(*) FROM article_feedback WHERE article_id = $1 AND helped = 0) WHERE id = $1`, id)
}

// Feedback implements kb.Store.
func (s kbStore) Feedback(ctx context.Context, id string, limit int) ([]kb.Feedback, error) {
	rows, err := s.stmts.query(ctx, "SELECT who, name, at, helped, comment FROM article_feedback WHERE article_id = $1 ORDER BY at DESC, who LIMIT $2", id, limit)
	return collect(rows, err, func(r scanner) (f kb.Feedback, err error) {
		var at int64
		err = r.Scan(&f.Who, &f.Name, &at, yes{&f.Helped}, &f.Comment)
		f.At = when(at)
		return f, err
	})
}

// Deflect implements kb.Tx.
func (tx kbTx) Deflect(id, who, day, question string, now time.Time) error {
	n, err := tx.changed("INSERT INTO deflections (article_id, who, day, question, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (article_id, who, day) DO NOTHING",
		id, who, day, question, millis(now))
	if err != nil || n == 0 {
		return err
	}
	return tx.exec("UPDATE articles SET deflected = deflected + 1 WHERE id = $1", id)
}

// Deflections returns how many tickets were not sent since an article helped, from
// a moment on and before another.
func (db *DB) Deflections(ctx context.Context, from, to time.Time) (n int, err error) {
	return n, db.stmts.row(ctx, "SELECT COUNT(*) FROM deflections WHERE at >= $1 AND at < $2", millis(from), millis(to)).Scan(&n)
}

// BlobSize implements kb.Tx.
func (tx kbTx) BlobSize(sha256 string) (int64, string, error) {
	b, err := tx.Blob(sha256)
	if err == nil && !b.Complete {
		err = fault.New(fault.NotFound, noBlob)
	}
	return b.Size, b.Type, err
}

// Bytes implements kb.Store.
func (s kbStore) Bytes(ctx context.Context, sha256 string, size int64) io.Reader {
	return &bytesReader{ctx: ctx, store: deskStore(s), sha: sha256, size: size}
}

// bytesReader reads a blob chunk by chunk.
type bytesReader struct {
	ctx   context.Context
	store deskStore
	sha   string
	size  int64
	at    int64
	rest  []byte
}

func (r *bytesReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.at >= r.size {
			return 0, io.EOF
		}
		data, err := r.store.BlobChunk(r.ctx, r.sha, r.at)
		if err != nil {
			return 0, err
		}
		r.rest, r.at = data, r.at+int64(len(data))
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
