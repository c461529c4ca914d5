package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
)

// Statuses reports whether a status is among those that are well.
func (s *Spec) Statuses(n int) bool {
	ranges, err := statuses(s.Status)
	return err == nil && slices.ContainsFunc(ranges, func(r [2]int) bool { return r[0] <= n && n <= r[1] })
}

func statuses(text string) (out [][2]int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		low, high, two := strings.Cut(strings.TrimSpace(part), "-")
		a, errA := strconv.Atoi(strings.TrimSpace(low))
		b, errB := a, error(nil)
		if two {
			b, errB = strconv.Atoi(strings.TrimSpace(high))
		}
		if errA != nil || errB != nil || a < 100 || b > 599 || a > b || len(out) > 20 {
			return nil, fault.Field("status", "Statuses are written as 200-299, 401.")
		}
		out = append(out, [2]int{a, b})
	}
	return out, nil
}

// steps reads where a value stands: data.items[0].state, with or without $. before it.
func steps(path string) ([]string, error) {
	wrong := fault.Field("json_path", "Where a value stands is written as data.items[0].state.")
	p := strings.TrimPrefix(strings.TrimPrefix(path, "$"), ".")
	p = strings.ReplaceAll(strings.ReplaceAll(p, "[", ".["), "..[", ".[")
	if p = strings.TrimPrefix(p, "."); p == "" || len(p) > 200 {
		return nil, wrong
	}
	out := strings.Split(p, ".")
	for _, s := range out {
		in, ok := strings.CutPrefix(s, "[")
		if ok {
			in, ok = strings.CutSuffix(in, "]")
			if n, err := strconv.Atoi(in); !ok || err != nil || n < 0 {
				return nil, wrong
			}
		} else if s == "" || strings.ContainsAny(s, "[]*?@'\"") {
			return nil, wrong
		}
	}
	return out, nil
}

// Find returns the value at a path in a JSON document as text.
func Find(doc []byte, path string) (string, error) {
	list, err := steps(path)
	if err != nil {
		return "", err
	}
	at := json.RawMessage(doc)
	for _, s := range list {
		if in, ok := strings.CutPrefix(s, "["); ok {
			n, _ := strconv.Atoi(strings.TrimSuffix(in, "]")) // steps has read it
			var items []json.RawMessage
			if err := json.Unmarshal(at, &items); err != nil || n >= len(items) {
				return "", fmt.Errorf("there is no %s in the answer", path)
			}
			at = items[n]
			continue
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(at, &fields); err != nil || fields[s] == nil {
			return "", fmt.Errorf("there is no %s in the answer", path)
		}
		at = fields[s]
	}
	var text string
	if json.Unmarshal(at, &text) == nil && len(at) > 0 && at[0] == '"' {
		return text, nil
	}
	return string(at), nil
}
