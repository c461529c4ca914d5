package send

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/deskbell/deskbell/server/notify"
)

// mail sends a message by SMTP. Its Message-ID is the message's own name, so that a
// mailbox shows a mail that arrived twice once; all of a group are one conversation.
func (s *Sender) mail(ctx context.Context, c notify.Channel, password string, n notify.Note) (string, error) {
	m, err := s.letter(c, n)
	if err != nil {
		return "", &notify.SendError{Sentence: "The mail could not be written. Look at its addresses.", Final: true, Err: err}
	}
	client, err := s.mailClient(ctx, c, password)
	if err != nil {
		return "", &notify.SendError{Sentence: "The settings of the mail server are not valid. Correct them.", Final: true, Err: err}
	}
	at := net.JoinHostPort(c.Where.Host, strconv.Itoa(c.Where.Port))
	if err := client.DialAndSendWithContext(ctx, m); err != nil {
		return "", mailFailure(ctx, at, m, err)
	}
	return fmt.Sprintf("%s took the mail for %s.", at, strings.Join(m.GetToString(), ", ")), nil
}

func (s *Sender) letter(c notify.Channel, n notify.Note) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.FromFormat("Deskbell", c.Where.From); err != nil {
		return nil, err
	}
	to := c.Where.To
	if len(n.To) > 0 {
		to = n.To
	}
	if err := m.To(to...); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(c.Where.From, "@")
	m.SetMessageIDWithValue(n.ID + "@" + domain)
	m.SetDateWithValue(n.At)
	m.SetGenHeader("References", "<"+n.Group+"@"+domain+">")
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.Subject(clip(oneLine(n.Title()), 200))
	if n.Text != "" {
		return m, written(m, n)
	}
	var b strings.Builder
	b.WriteString(oneLine(n.Title()) + "\n\n")
	if n.Lead != "" {
		b.WriteString(oneLine(n.Lead) + "\n\n")
	}
	for _, l := range n.Alerts {
		b.WriteString(lineText(l) + "\n")
		if page := l.Page(); page != "" {
			b.WriteString(s.link(page) + "\n")
		}
		b.WriteString("\n")
	}
	if n.More > 0 {
		b.WriteString(moreText(n.More) + "\n\n")
	}
	b.WriteString("All alerts: " + s.link("") + "\n")
	m.SetBodyString(mail.TypeTextPlain, b.String())
	return m, nil
}

// written puts a letter that has a text of its own into a mail, with what goes along.
func written(m *mail.Msg, n notify.Note) error {
	m.SetBodyString(mail.TypeTextPlain, n.Text)
	if n.Page != "" {
		m.AddAlternativeString(mail.TypeTextHTML, n.Page)
	}
	for _, f := range n.Files {
		if err := m.AttachReader(f.Name, bytes.NewReader(f.Data), mail.WithFileContentType(mail.ContentType(f.Type))); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sender) mailClient(outer context.Context, c notify.Channel, password string) (*mail.Client, error) {
	w := c.Where
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.o.TLS != nil {
		cfg = s.o.TLS.Clone()
	}
	cfg.ServerName = w.Host
	opts := []mail.Option{
		mail.WithPort(w.Port), mail.WithTimeout(notify.Timeout), mail.WithTLSConfig(cfg),
		mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := s.o.Dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			// Whatever a mail server does, a message has its time and no more: the library
			// gives each of its steps the whole of it.
			context.AfterFunc(outer, func() { conn.Close() })
			if w.Security == notify.TLS {
				return tls.Client(conn, cfg), nil
			}
			return conn, nil
		}),
	}
	switch w.Security {
	case notify.StartTLS:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case notify.TLS:
		// The library learns only so that the connection it was given is encrypted.
		opts = append(opts, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	if w.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(w.User), mail.WithPassword(password))
	}
	return mail.NewClient(w.Host, opts...)
}

// mailFailure is why a mail was not taken. A mail server's 5xx is its last word.
func mailFailure(ctx context.Context, at string, m *mail.Msg, err error) *notify.SendError {
	f := &notify.SendError{Err: err, Sentence: at + " did not take the mail."}
	sent, is := errors.AsType[*mail.SendError](err)
	if !is {
		if e := m.SendError(); e != nil {
			sent, is = errors.AsType[*mail.SendError](e)
		}
	}
	var said *textproto.Error
	switch {
	case ctx.Err() != nil || isTimeout(err):
		f.Sentence, f.Unsure = at+" did not answer within 10 seconds.", true
	case is && sent.ErrorCode() >= 400:
		f.Sentence = fmt.Sprintf("%s answered %s", at, excerpt([]byte(sent.Error()))[2:])
		f.Final = sent.ErrorCode() >= 500
	case is:
	case errors.As(err, &said):
		f.Sentence, f.Final = fmt.Sprintf("%s answered %d%s", at, said.Code, excerpt([]byte(said.Msg))), said.Code >= 500
	default:
		u := unreachable(at, err)
		f.Sentence, f.Final, f.Unsure = u.Sentence, u.Final, u.Unsure
	}
	return f
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
