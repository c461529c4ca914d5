package local

import (
	"context"
	"net/http"
)

// SiteRequest names a site as a person writes it: “intranet”, “example.com/page”,
// “https://example.com”.
type SiteRequest struct {
	Address string `json:"address"`
}

// Site is how far this machine gets on its way to a site.
type Site struct {
	Address string      `json:"address"` // without what follows a question mark
	Proxy   string      `json:"proxy,omitempty"`
	Steps   []SiteStep  `json:"steps"` // in the order of Phases; one that has begun and not ended has no state
	Done    bool        `json:"done"`
	Verdict SiteVerdict `json:"verdict,omitempty"` // when it is done
}

// SiteStep is one step of the way.
type SiteStep struct {
	Phase  SitePhase `json:"phase"`
	State  SiteState `json:"state,omitempty"`
	TookMS int64     `json:"took_ms,omitempty"`
	Detail string    `json:"detail,omitempty"` // exact, for a technician
}

// SitePhase is a step of the way to a site.
type SitePhase string

// SitePhases lists the steps in their order.
func SitePhases() []SitePhase {
	return []SitePhase{SiteName, SiteConnection, SiteCertificate, SiteAnswer}
}

// The phases.
const (
	SiteName        SitePhase = "name"
	SiteConnection  SitePhase = "connection"
	SiteCertificate SitePhase = "certificate"
	SiteAnswer      SitePhase = "answer"
)

// SiteState is what became of a step.
type SiteState string

// The states of a step.
const (
	SiteOK      SiteState = "ok"
	SiteFailed  SiteState = "failed"
	SiteSkipped SiteState = "skipped" // there was nothing to do, or the way ended before
)

// SiteVerdict is what is wrong with a site, or that nothing is.
type SiteVerdict string

// The verdicts.
const (
	SiteWorks       SiteVerdict = "works"
	SiteNameUnknown SiteVerdict = "name_unknown"   // there is no such name
	SiteNameSilent  SiteVerdict = "name_no_answer" // nobody says what its address is
	SiteRefused     SiteVerdict = "refused"        // its machine is there, the site is not
	SiteSilent      SiteVerdict = "no_connection"
	SiteNoWay       SiteVerdict = "no_route" // this machine's network does not lead there
	SiteProxyGone   SiteVerdict = "proxy_gone"
	SiteExpired     SiteVerdict = "certificate_expired"
	SiteTooEarly    SiteVerdict = "certificate_not_yet_valid"
	SiteOtherName   SiteVerdict = "certificate_other_name"
	SiteNotTrusted  SiteVerdict = "certificate_not_trusted"
	SiteNoSecurity  SiteVerdict = "no_handshake" // no secure connection comes about
	SiteWantsSignIn SiteVerdict = "wants_sign_in"
	SiteForbids     SiteVerdict = "forbidden"
	SiteNoPage      SiteVerdict = "no_page"
	SiteBusy        SiteVerdict = "too_many"
	SiteBroken      SiteVerdict = "server_error"
	SiteMute        SiteVerdict = "no_answer" // connected, and then nothing
)

// SiteVerdicts lists all verdicts.
func SiteVerdicts() []SiteVerdict {
	return []SiteVerdict{
		SiteWorks, SiteNameUnknown, SiteNameSilent, SiteRefused, SiteSilent, SiteNoWay, SiteProxyGone, SiteExpired, SiteTooEarly,
		SiteOtherName, SiteNotTrusted, SiteNoSecurity, SiteWantsSignIn, SiteForbids, SiteNoPage, SiteBusy, SiteBroken, SiteMute,
	}
}

// TrySite goes the way to a site and calls on as it goes on; the last one is Done.
func (c *Client) TrySite(ctx context.Context, r SiteRequest, on func(Site)) error {
	return stream(ctx, c, http.MethodPost, "/v1/site", r, on)
}
