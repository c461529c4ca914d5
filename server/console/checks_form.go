package console

import (
	"net/http"
	"slices"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/console/kit"
)

// checkTypes are the records that a name server can be asked for.
func checkTypes() []kit.Option {
	var out []kit.Option
	for _, t := range check.Types() {
		out = append(out, kit.Pairs(t, t)...)
	}
	return out
}

// checkMethods are how a page can be asked for.
func checkMethods() []kit.Option {
	var out []kit.Option
	for _, m := range check.Methods() {
		out = append(out, kit.Pairs(m, m)...)
	}
	return out
}

// checkMore reports whether something is set that is usually folded away, or is refused.
func checkMore(v checkView) bool {
	t := v.Typed
	return t.Headers != "" || t.Body != "" || t.JSONPath != "" || t.HeaderName != "" || t.Stay || t.Method != "" && t.Method != http.MethodGet ||
		slices.Contains([]string{"method", "headers", "body", "json_path", "header_name"}, v.Form.At)
}
