package console

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/people"
)

type importView struct {
	Frame   frame
	Problem string
	File    string // base64, so that the browser sends it back as it was
	Preview *people.Preview
	Done    bool
}

// importPage asks for a list.
func (c *Console) importPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showImport(w, r, actor, http.StatusOK, importView{})
}

func (c *Console) showImport(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v importView) error {
	var err error
	if v.Frame, err = c.frame(r, actor, atPeople, "Import a list of people", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, importList(v))
}

// importPeople shows what a list would change, and imports it when it is asked to.
// The list travels with the form: nothing of it is kept here until it is imported.
func (c *Console) importPeople(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	r.Body = http.MaxBytesReader(w, r.Body, people.MaxBytes*3/2)
	file, err := uploaded(r)
	if err != nil {
		return c.showImport(w, r, actor, gate.Status(err), importView{Problem: fault.Sentence(err)})
	}
	v := importView{File: base64.StdEncoding.EncodeToString(file)}
	m := mappingOf(r)
	work := c.People.Preview
	if v.Done = r.PostFormValue("do") == "import"; v.Done {
		work = c.People.Import
	}
	p, err := work(r.Context(), actor, file, m)
	if p.Table.Header != nil {
		v.Preview = &p
	}
	if code := fault.CodeOf(err); code == fault.Invalid || code == fault.TooLarge || code == fault.Conflict {
		v.Done = false
		if len(p.Wrong) == 0 { // else the lines say it
			v.Problem = fault.Sentence(err)
		}
		return c.showImport(w, r, actor, gate.Status(err), v)
	}
	if err != nil {
		return err
	}
	return c.showImport(w, r, actor, http.StatusOK, v)
}

// uploaded reads the file, or what the page before has kept of it.
func uploaded(r *http.Request) ([]byte, error) {
	if err := r.ParseMultipartForm(people.MaxBytes * 2); err != nil {
		if strings.Contains(err.Error(), "too large") {
			return nil, fault.New(fault.TooLarge, "The file is larger than 8 MiB. Split it; nothing was imported.")
		}
		return nil, fault.Wrap(err, fault.Invalid, "The file did not arrive whole. Choose it again.")
	}
	defer r.MultipartForm.RemoveAll()
	if kept := r.PostFormValue("kept"); kept != "" {
		b, err := base64.StdEncoding.DecodeString(kept)
		if err != nil {
			return nil, fault.Field("file", "The file did not arrive whole. Choose it again.")
		}
		return b, nil
	}
	f, _, err := r.FormFile("file")
	if err != nil {
		return nil, fault.Field("file", "Choose the file with the list first.")
	}
	defer f.Close()
	return io.ReadAll(f)
}

// mappingOf reads which column holds what; nil when nobody has chosen yet.
func mappingOf(r *http.Request) people.Mapping {
	if r.PostFormValue("mapped") == "" {
		return nil
	}
	m := people.Mapping{}
	for _, f := range people.Fields() {
		if i, err := strconv.Atoi(r.PostFormValue("column-" + f.Key)); err == nil {
			m[f.Key] = i
		}
	}
	return m
}

// cellOf is what the preview shows of a line.
func cellOf(l people.Line, m people.Mapping, field string) string {
	i, ok := m[field]
	if !ok || i >= len(l.Cells) {
		return ""
	}
	return strings.TrimSpace(l.Cells[i])
}

func columnIs(m people.Mapping, field string, i int) bool {
	j, ok := m[field]
	return ok && i == j
}

func separatorWord(r rune) string {
	switch r {
	case ';':
		return "semicolons"
	case '\t':
		return "tabs"
	case '|':
		return "bars"
	}
	return "commas"
}
