package send

import (
	"context"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/notify"
)

// forgotten is after how long an Alertmanager that hears nothing more of an alert takes
// it for resolved. It hears of each once a minute.
const forgotten = 5 * time.Minute

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// alertmanager sends alerts to the API v2 of an Alertmanager, which groups, silences
// and repeats by itself.
func (s *Sender) alertmanager(ctx context.Context, c notify.Channel, secret string, lines []notify.Line, test bool) (string, error) {
	now := s.o.Now().UTC()
	docs := make([]object, 0, len(lines))
	for _, l := range lines {
		labels := map[string]string{}
		for k, v := range l.Labels {
			if v = strings.ToValidUTF8(v, "�"); v != "" && labelName.MatchString(k) {
				labels[k] = v
			}
		}
		labels["alertname"], labels["severity"] = l.Rule, string(l.Severity)
		ends := now.Add(forgotten)
		if test {
			ends = now.Add(time.Minute)
		}
		if !l.Fires() {
			ends = l.Ended.UTC()
		}
		annotations := map[string]string{"summary": strings.ToValidUTF8(l.Summary, "�")}
		if l.Advice != "" {
			annotations["advice"] = strings.ToValidUTF8(l.Advice, "�")
		}
		docs = append(docs, object{"labels": labels, "annotations": annotations, "startsAt": l.Fired.UTC(), "endsAt": ends, "generatorURL": s.link(l.Page())})
	}
	header := http.Header{}
	switch {
	case c.Where.User != "":
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.Where.User+":"+secret)))
	case secret != "":
		header.Set("Authorization", "Bearer "+secret)
	}
	return s.post(ctx, c.Where.URL+"/api/v2/alerts", docs, header)
}
