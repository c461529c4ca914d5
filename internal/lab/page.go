//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

// The page is written by hand but for two parts between these marks.
const (
	page        = "docs/diagnosis.md"
	findingsTop = "<!-- findings: written by make lab -->\n"
	findingsEnd = "<!-- end of findings -->\n"
	labTop      = "<!-- laboratory: written by make lab -->\n"
	labEnd      = "<!-- end of laboratory -->\n"
)

// findings lists every rule in Markdown.
func findings() string {
	var b strings.Builder
	section := diagnostics.SectionName("")
	for _, r := range diagnostics.Rules() {
		if r.Section != section {
			section = r.Section
			fmt.Fprintf(&b, "\n### From %s\n\n| code | worst | on a chip | reported when | what can follow from it | fix |\n|---|---|---|---|---|---|\n", section)
		}
		fix := "–"
		if r.Recipe() != "" {
			fix = "`" + string(r.Recipe()) + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.Code, r.Severity, r.Title, strings.ReplaceAll(r.Meaning, "|", "\\|"), codes(r.Follows()), fix)
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// between replaces what stands between two marks.
func between(text, top, end, with string) (string, error) {
	i := strings.Index(text, top)
	j := strings.Index(text, end)
	if i < 0 || j < i {
		return "", fmt.Errorf("%s has lost its marks %q", page, top)
	}
	return text[:i+len(top)] + with + text[j:], nil
}

// writeLab writes both parts of the page.
func writeLab(table string) error {
	b, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	text, err := between(string(b), findingsTop, findingsEnd, findings())
	if err != nil {
		return err
	}
	if table != "" {
		if text, err = between(text, labTop, labEnd, table); err != nil {
			return err
		}
	}
	return os.WriteFile(page, []byte(text), 0o644)
}
