package kit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/internal/wire"
)

// said is what a name server says, in a form that can be compared: the order in which
// it names several addresses is no difference.
func said(p wire.DNSPart) string {
	if p.Problem != "" {
		return ""
	}
	if len(p.Answers) == 0 {
		if p.RCode == "NOERROR" {
			return "nothing of that type"
		}
		return p.RCode
	}
	return strings.Join(slices.Sorted(slices.Values(p.Answers)), ", ")
}

// resolversWords says whether the name servers agree, and how they do not.
func resolversWords(parts []wire.DNSPart) (good bool, words string) {
	var groups []string
	by := map[string][]string{}
	silent := 0
	for _, p := range parts {
		s := said(p)
		if s == "" {
			silent++
			continue
		}
		if !slices.Contains(groups, s) {
			groups = append(groups, s)
		}
		by[s] = append(by[s], p.Server)
	}
	var out []string
	if len(groups) > 1 {
		var each []string
		for _, g := range groups {
			each = append(each, fmt.Sprintf("%s: %s", strings.Join(by[g], " and "), Clip(g, 120)))
		}
		out = append(out, "The name servers disagree. "+strings.Join(each, "; ")+". Large services do that on purpose; for a name of your own it is a fault")
	}
	if silent > 0 {
		out = append(out, Plural(len(parts), "The name server gives no answer", fmt.Sprintf("%d of %%d name servers give no answer", silent)))
	}
	if len(out) > 0 {
		return false, strings.Join(out, ". ") + "."
	}
	if len(parts) > 1 {
		return true, fmt.Sprintf("All %d name servers say the same.", len(parts))
	}
	return true, ""
}

// differs reports whether a name server says something else than the most do.
func differs(parts []wire.DNSPart, p wire.DNSPart) bool {
	if said(p) == "" {
		return false
	}
	times := map[string]int{}
	most := 0
	for _, x := range parts {
		if s := said(x); s != "" {
			times[s]++
			most = max(most, times[s])
		}
	}
	return len(times) > 1 && (times[said(p)] < most || most == 1)
}
