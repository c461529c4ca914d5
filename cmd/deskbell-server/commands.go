package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
)

// beside opens the server's data for a command and closes it after.
func (d data) beside(ctx context.Context, log *slog.Logger, f func(*server.Beside) error) error {
	b, err := server.OpenBeside(ctx, d.options(), log)
	if err != nil {
		return err
	}
	defer b.Close() // what was written is committed already
	return f(b)
}

type userCmd struct {
	Add  userAddCmd  `cmd:"" help:"Add somebody to the staff and print a one-time sign-in link."`
	Link userLinkCmd `cmd:"" help:"Print a new one-time sign-in link for somebody; older ones end."`
	List userListCmd `cmd:"" help:"List the staff."`
}

type userAddCmd struct {
	data
	Email         string `arg:"" help:"The address to sign in with."`
	Role          string `help:"What they are: technician, operator, manager or admin." required:"" enum:"technician,operator,manager,admin"`
	Name          string `help:"The name that others see; without one, the address's first part."`
	PasswordStdin bool   `help:"Set the password that is read from standard input, in place of a sign-in link."`
	JSON          bool   `help:"Print JSON." name:"json"`
}

// Help gives an example.
func (userAddCmd) Help() string {
	return "Example: deskbell-server user add anna@example.com --role technician --name \"Anna Schmidt\"\n\nThe link is printed alone on the last line. It works once, within 24 hours."
}

// Run adds somebody.
func (c *userAddCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	return c.beside(ctx, log, func(b *server.Beside) error {
		var password string
		if c.PasswordStdin {
			var err error
			if password, err = server.ReadPassword(os.Stdin); err != nil {
				return err
			}
			if _, err := auth.HashPassword(password); err != nil {
				return err // before anybody is added
			}
		}
		p, secret, err := b.Auth.AddPerson(ctx, b.Actor(), c.Email, c.Name, auth.Role(c.Role))
		if err != nil {
			return err
		}
		if c.PasswordStdin {
			if err := b.Auth.SetPasswordOf(ctx, b.Actor(), p.ID, password); err != nil {
				return err
			}
			if c.JSON {
				return s.Print(map[string]string{"id": p.ID, "email": p.Email})
			}
			fmt.Fprintf(s.Err, "%s can sign in as %s with the password.\n", p.Name, c.Role)
			fmt.Fprintln(s.Out, p.ID)
			return nil
		}
		link, err := b.SignInURL(ctx, secret)
		if err != nil {
			return err
		}
		if c.JSON {
			return s.Print(map[string]string{"id": p.ID, "email": p.Email, "link": link})
		}
		fmt.Fprintf(s.Err, "%s is on the staff as %s. This link signs them in once, within 24 hours:\n", p.Name, c.Role)
		fmt.Fprintln(s.Out, link)
		return nil
	})
}

type userLinkCmd struct {
	data
	Email string `arg:"" help:"Whose link."`
	JSON  bool   `help:"Print JSON." name:"json"`
}

// Run makes a link.
func (c *userLinkCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	return c.beside(ctx, log, func(b *server.Beside) error {
		p, err := b.Auth.PersonByEmail(ctx, b.Actor(), c.Email)
		if err != nil {
			return err
		}
		secret, err := b.Auth.MakeSignInLink(ctx, b.Actor(), p.ID)
		if err != nil {
			return err
		}
		link, err := b.SignInURL(ctx, secret)
		if err != nil {
			return err
		}
		if c.JSON {
			return s.Print(map[string]string{"id": p.ID, "link": link})
		}
		fmt.Fprintf(s.Err, "This link signs %s in once, within 24 hours:\n", p.Name)
		fmt.Fprintln(s.Out, link)
		return nil
	})
}

type userListCmd struct {
	data
	JSON bool `help:"Print JSON." name:"json"`
}

// Run lists the staff.
func (c *userListCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	return c.beside(ctx, log, func(b *server.Beside) error {
		type row struct {
			ID       string    `json:"id"`
			Email    string    `json:"email"`
			Name     string    `json:"name"`
			Role     auth.Role `json:"role"`
			Disabled bool      `json:"disabled"`
		}
		rows := []row{}
		for after := ""; ; {
			people, next, err := b.Auth.People(ctx, b.Actor(), auth.PeopleQuery{Staff: true, After: after, Limit: 200})
			if err != nil {
				return err
			}
			for _, p := range people {
				rows = append(rows, row{p.ID, p.Email, p.Name, p.Role, p.Disabled})
			}
			if after = next; after == "" {
				break
			}
		}
		if c.JSON {
			return s.Print(rows)
		}
		w := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
		for _, r := range rows {
			state := ""
			if r.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Email, r.Role, r.Name, state)
		}
		return w.Flush()
	})
}

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token that acts for somebody on the staff, and print it."`
}

type tokenCreateCmd struct {
	data
	User string        `help:"Whose token: their address." required:"" placeholder:"EMAIL"`
	TTL  time.Duration `help:"How long it holds, at most 8784h." name:"ttl" default:"24h"`
	Name string        `help:"What it is for."`
	Role string        `help:"Let it do no more than this role may, at most the person's own. A sender sends time series and alerts of others, and may nothing else." enum:",technician,operator,manager,admin,sender" default:""`
	JSON bool          `help:"Print JSON." name:"json"`
}

// Help gives an example.
func (tokenCreateCmd) Help() string {
	return "Example: curl -H \"Authorization: Bearer $(deskbell-server token create --user anna@example.com --ttl 24h)\" http://127.0.0.1:8443/api/v1/tickets"
}

// Run makes a token.
func (c *tokenCreateCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	return c.beside(ctx, log, func(b *server.Beside) error {
		p, err := b.Auth.PersonByEmail(ctx, b.Actor(), c.User)
		if err != nil {
			if fault.Is(err, fault.NotFound) {
				return fault.New(fault.NotFound, "Nobody on the staff has the address "+c.User+". “deskbell-server user list” shows who is there.")
			}
			return err
		}
		secret, t, err := b.Auth.MakeToken(ctx, b.Actor(), p.ID, c.Name, auth.Role(c.Role), c.TTL)
		if err != nil {
			return err
		}
		if c.JSON {
			return s.Print(map[string]any{"id": t.ID, "token": secret, "expires_at": t.ExpiresAt})
		}
		fmt.Fprintf(s.Err, "This token acts for %s until %s. It is shown this once:\n", p.Name, t.ExpiresAt.Format(time.RFC3339))
		fmt.Fprintln(s.Out, secret)
		return nil
	})
}

type enrolmentCmd struct {
	Create enrolmentCreateCmd `cmd:"" help:"Make an enrolment string and print it."`
	List   enrolmentListCmd   `cmd:"" help:"List the enrolments, newest first."`
	Revoke enrolmentRevokeCmd `cmd:"" help:"End an enrolment; the endpoints it made stay."`
}

type enrolmentCreateCmd struct {
	data
	Site string        `help:"The site where the machines stand; it is made when there is none of that name." required:"" placeholder:"NAME"`
	Uses int           `help:"How many machines it is good for." default:"1"`
	TTL  time.Duration `help:"How long it holds." name:"ttl" default:"24h"`
	JSON bool          `help:"Print JSON." name:"json"`
}

// Help gives an example.
func (enrolmentCreateCmd) Help() string {
	return "Example: deskbell-server enrolment create --site Berlin --uses 50 --ttl 72h\n\nOn each machine: deskbell-agent enrol STRING"
}

// Run makes an enrolment string.
func (c *enrolmentCreateCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	return c.beside(ctx, log, func(b *server.Beside) error {
		if _, err := b.EnrolmentString(ctx, "x"); err != nil { // before anything is made
			return err
		}
		token, e, err := b.Registry.Create(ctx, b.Actor(), c.Site, c.Uses, c.TTL)
		if err != nil {
			return err
		}
		str, err := b.EnrolmentString(ctx, token)
		if err != nil {
			return err
		}
		if c.JSON {
			return s.Print(map[string]any{"id": e.ID, "site": e.Site.Name, "uses": e.Uses, "expires_at": e.ExpiresAt, "enrolment": str})
		}
		fmt.Fprintf(s.Err, "Good for %s at %s until %s. On each: deskbell-agent enrol STRING\n", machines(c.Uses), e.Site.Name, e.ExpiresAt.Format(time.RFC3339))
		fmt.Fprintln(s.Out, str)
		return nil
	})
}

func machines(n int) string {
	if n == 1 {
		return "one machine"
	}
	return fmt.Sprintf("%d machines", n)
}

type enrolmentListCmd struct {
	data
	JSON bool `help:"Print JSON." name:"json"`
}

// Run lists the enrolments.
func (c *enrolmentListCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	return c.beside(ctx, log, func(b *server.Beside) error {
		list, _, err := b.Registry.Enrolments(ctx, b.Actor(), "", 200)
		if err != nil {
			return err
		}
		type row struct {
			ID        string    `json:"id"`
			Site      string    `json:"site"`
			Uses      int       `json:"uses"`
			Used      int       `json:"used"`
			ExpiresAt time.Time `json:"expires_at"`
			RevokedAt time.Time `json:"revoked_at,omitzero"`
		}
		rows := []row{}
		for _, e := range list {
			rows = append(rows, row{e.ID, e.Site.Name, e.Uses, e.Used, e.ExpiresAt, e.RevokedAt})
		}
		if c.JSON {
			return s.Print(rows)
		}
		w := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
		for _, r := range rows {
			state := "until " + r.ExpiresAt.Format(time.RFC3339)
			if !r.RevokedAt.IsZero() {
				state = "withdrawn"
			}
			fmt.Fprintf(w, "%s\t%s\t%d of %d used\t%s\n", r.ID, r.Site, r.Used, r.Uses, state)
		}
		return w.Flush()
	})
}

type enrolmentRevokeCmd struct {
	data
	ID string `arg:"" help:"The enrolment's id, as “enrolment list” shows it."`
}

// Run ends an enrolment.
func (c *enrolmentRevokeCmd) Run(ctx context.Context, log *slog.Logger) error {
	return c.beside(ctx, log, func(b *server.Beside) error { return b.Registry.Revoke(ctx, b.Actor(), c.ID) })
}

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check that no entry was changed, taken out or put in."`
}

type auditVerifyCmd struct {
	data
	JSON bool `help:"Print JSON." name:"json"`
}

// Help says what the hash is for.
func (auditVerifyCmd) Help() string {
	return "Prints how many entries there are and the last one's hash. Keep the hash elsewhere: as long as it appears in a later log, nothing before it was changed."
}

// Run verifies the log.
func (c *auditVerifyCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	return c.beside(ctx, log, func(b *server.Beside) error {
		n, hash, err := b.VerifyAudit(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return s.Print(map[string]any{"entries": n, "hash": hex.EncodeToString(hash)})
		}
		fmt.Fprintf(s.Out, "%d entries, whole.\n%s\n", n, hex.EncodeToString(hash))
		return nil
	})
}
