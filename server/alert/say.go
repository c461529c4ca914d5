package alert

import (
	"context"
	"strings"
	"unicode"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
)

// maxSaid bounds a sentence: labels come from machines.
const maxSaid = 400

// Say makes the summary and the advice of an alert with these labels and value, in
// Prometheus's templates: {{ $labels.name }}, {{ $value }}.
func (r *Rule) Say(labels map[string]string, value float64) (summary, advice string) {
	return r.expand(r.Annotations[Summary], labels, value), r.expand(r.Annotations[Advice], labels, value)
}

var variables = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

// expand fills a template in. What cannot be filled in is said as it was written.
func (r *Rule) expand(text string, labels map[string]string, value float64) string {
	if strings.Contains(text, "{{") {
		data := template.AlertTemplateData(labels, nil, "", promql.Sample{F: value})
		// Neither queries nor links are there to be made: a sentence reads no series.
		if said, err := template.NewTemplateExpander(context.Background(), variables+text, "__alert_"+r.Name, data, model.Time(0), nil, nil, nil).Expand(); err == nil {
			text = said
		}
	}
	return oneLine(text)
}

// oneLine is a text as one plain line of at most maxSaid letters.
func oneLine(text string) string {
	var b strings.Builder
	n := 0
	for _, word := range strings.Fields(text) {
		if n > 0 {
			b.WriteByte(' ')
		}
		for _, c := range word {
			if n++; n > maxSaid {
				return b.String() + "…"
			}
			if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
				c = unicode.ReplacementChar
			}
			b.WriteRune(c)
		}
	}
	return b.String()
}
