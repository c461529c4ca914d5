package remote

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// maxValues is how many things an answer to a whole fleet's question describes.
const maxValues = 5

// hasFinding checks this machine and says whether a finding is there.
func (r *Runner) hasFinding(p wire.HasFindingParams) (job, error) {
	if err := checkWord("code", p.Code, 64); err != nil {
		return job{}, err
	}
	request := probe.Request{}
	if r.options.Server != nil {
		request.Server = r.options.Server()
	}
	what := "whether this machine shows “" + oneLine(p.Code, 64) + "”"
	return job{what: what, limit: 15 * time.Second, run: func(ctx context.Context, out *output) error {
		s, _ := redact.Snapshot(r.options.Prober.Collect(ctx, request, func(diagnostics.Snapshot, []diagnostics.SectionName) {}))
		if err := ctx.Err(); err != nil {
			return err
		}
		var part wire.HasPart
		for _, f := range diagnostics.Judge(s) {
			if string(f.Code) == p.Code {
				part.Has = true
				part.Values = append(part.Values, oneLine(f.Sentence, 200))
			}
		}
		part.Count = len(part.Values)
		part.Values = part.Values[:min(len(part.Values), maxValues)]
		return send(out, part)
	}}, nil
}

// hasProcess says whether a process of a name runs, and how large each is.
func (r *Runner) hasProcess(p wire.HasProcessParams) (job, error) {
	if err := checkWord("name", p.Name, 200); err != nil {
		return job{}, err
	}
	what := "whether the program “" + oneLine(p.Name, 64) + "” runs"
	return job{what: what, limit: 15 * time.Second, run: func(ctx context.Context, out *output) error {
		list, err := r.options.Prober.ProcessesNamed(ctx, p.Name)
		if err != nil {
			return err
		}
		part := wire.HasPart{Has: len(list) > 0, Count: len(list)}
		for _, one := range list[:min(len(list), maxValues)] {
			part.Values = append(part.Values, fmt.Sprintf("%s, process %d, %d MiB", oneLine(one.Name, 64), one.PID, one.RSS>>20))
		}
		return send(out, part)
	}}, nil
}

// hasSoftware says whether a program or package is installed, and in which versions.
func (r *Runner) hasSoftware(p wire.HasSoftwareParams) (job, error) {
	if err := checkWord("name", p.Name, 200); err != nil {
		return job{}, err
	}
	want := strings.TrimSpace(p.Name)
	what := "whether “" + oneLine(want, 64) + "” is installed"
	return job{what: what, limit: 45 * time.Second, run: func(ctx context.Context, out *output) error {
		s := r.options.Prober.TakeStock(ctx, []inventory.Name{inventory.NameSoftware}, func(inventory.Inventory) {}).Software
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.Data == nil {
			return fault.New(fault.Unavailable, "This machine could not read what is installed on it.")
		}
		var part wire.HasPart
		for _, one := range s.Data.Packages {
			if !strings.EqualFold(one.Name, want) {
				continue
			}
			part.Has, part.Count = true, part.Count+1
			if v := oneLine(one.Version, 100); !slices.Contains(part.Values, v) {
				part.Values = append(part.Values, v)
			}
		}
		if !part.Has && s.Data.Cut > 0 {
			return fault.New(fault.Unavailable, "More is installed on this machine than its list holds; it was not among what is listed.")
		}
		slices.Sort(part.Values)
		part.Values = part.Values[:min(len(part.Values), maxValues)]
		return send(out, part)
	}}, nil
}

// checkWord checks a name that is compared, and nothing else.
func checkWord(field, s string, longest int) error {
	switch {
	case strings.TrimSpace(s) == "":
		return fault.Field(field, "The parameter “"+field+"” is missing.")
	case len(s) > longest || !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return fault.Field(field, fmt.Sprintf("The parameter “%s” is longer than %d bytes, or not text.", field, longest))
	}
	return nil
}
