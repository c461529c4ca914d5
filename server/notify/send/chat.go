package send

import (
	"fmt"
	"strings"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/notify"
)

type object = map[string]any

// shown is how many alerts a message to people names one by one.
const shown = 10

// named are the alerts that a message names, and how many it does not.
func named(n notify.Note) ([]notify.Line, int) {
	if len(n.Alerts) > shown {
		return n.Alerts[:shown], len(n.Alerts) - shown + n.More
	}
	return n.Alerts, n.More
}

// lineText is an alert in words.
func lineText(l notify.Line) string {
	word := map[alert.Severity]string{alert.Critical: "◆ critical", alert.Warning: "▲ warning", alert.Info: "● info"}[l.Severity]
	if !l.Fires() {
		word = "✓ resolved"
	}
	text := word + ": " + clip(oneLine(l.Summary), 500)
	if l.Advice != "" && l.Fires() {
		text += "\n" + clip(oneLine(l.Advice), 500)
	}
	return text + "\nSince " + l.Fired.UTC().Format("2 Jan 15:04:05 UTC")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func moreText(more int) string { return fmt.Sprintf("And %d more.", more) }

var slackEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// slack is a message to an incoming webhook of Slack. What endpoints say stands in
// plain_text, where nothing is a link or calls anybody.
func (s *Sender) slack(n notify.Note) object {
	title := n.Title()
	blocks := []object{{"type": "header", "text": object{"type": "plain_text", "text": clip(title, 150), "emoji": false}}}
	lines, more := named(n)
	for _, l := range lines {
		blocks = append(blocks, object{"type": "section", "text": object{"type": "plain_text", "text": lineText(l), "emoji": false}})
	}
	if more > 0 {
		blocks = append(blocks, object{"type": "section", "text": object{"type": "plain_text", "text": moreText(more), "emoji": false}})
	}
	blocks = append(blocks, object{"type": "context", "elements": []object{{"type": "mrkdwn", "text": "<" + slackEscape.Replace(s.link("")) + "|Open in Deskbell>"}}})
	return object{"text": slackEscape.Replace(clip(title, 300)), "blocks": blocks}
}

// teams is a message to a workflow of Teams that takes an adaptive card. What endpoints
// say stands in text runs, which know no Markdown.
func (s *Sender) teams(n notify.Note) object {
	colour := "Default"
	switch {
	case n.Event == notify.Resolved:
		colour = "Good"
	case n.Event != notify.Test && n.Worst() == alert.Critical:
		colour = "Attention"
	case n.Event != notify.Test && n.Worst() == alert.Warning:
		colour = "Warning"
	}
	run := func(text string, more object) object {
		r := object{"type": "TextRun", "text": text}
		for k, v := range more {
			r[k] = v
		}
		return object{"type": "RichTextBlock", "inlines": []object{r}}
	}
	body := []object{run(clip(n.Title(), 300), object{"weight": "Bolder", "size": "Medium", "color": colour})}
	lines, more := named(n)
	for _, l := range lines {
		body = append(body, run(lineText(l), nil))
	}
	if more > 0 {
		body = append(body, run(moreText(more), nil))
	}
	return object{"type": "message", "attachments": []object{{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
		"content": object{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body,
			"actions": []object{{"type": "Action.OpenUrl", "title": "Open in Deskbell", "url": s.link("")}},
		},
	}}}
}
