package model

import (
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
)

// The fixed words of guided help.
func WordsGuide() string          { return tongue.Say("guide.title") }
func WordsGuideAsk() string       { return tongue.Say("guide.ask") }
func WordsGuideWhich() string     { return tongue.Say("guide.which") }
func WordsGuideAddress() string   { return tongue.Say("guide.address") }
func WordsGuideTry() string       { return tongue.Say("guide.try") }
func WordsGuideNoSite() string    { return tongue.Say("guide.no_site") }
func WordsGuideNoAddress() string { return tongue.Say("guide.no_address") }
func WordsGuideBack() string      { return tongue.Say("guide.back") }
func WordsGuideResults() string   { return tongue.Say("guide.results") }
func WordsGuideHelp() string      { return tongue.Say("guide.help") }
func WordsGuideLooked() string    { return tongue.Say("guide.looked") }
func WordsGuideTried() string     { return tongue.Say("guide.tried") }
func WordsGuideDone() string      { return tongue.Say("guide.done") }
func WordsGuideDoneIs() string    { return tongue.Say("guide.done_more") }
func WordsGuided() string         { return tongue.Say("guided.title") }

func wordsGuideLooking() string     { return tongue.Say("guide.looking") }
func wordsGuideFoundMend() string   { return tongue.Say("guide.found_mend") }
func wordsGuideFoundMore() string   { return tongue.Say("guide.found_more") }
func wordsGuideNothing() string     { return tongue.Say("guide.nothing") }
func wordsGuideNothingMore() string { return tongue.Say("guide.nothing_more") }
func wordsGuidePartly() string      { return tongue.Say("guide.partly") }
func wordsGuideFailed() string      { return tongue.Say("guide.failed") }
func wordsGuideFailedMore() string  { return tongue.Say("guide.failed_more") }
func wordsGuidedNothing() string    { return tongue.Say("guided.nothing") }
func wordsGuidedNotYet() string     { return tongue.Say("guided.not_yet") }

func wordsGuideFound(n int) string { return tongue.Say("guide.found", tongue.Count("n", n)) }

func wordsGuideFollow(n int) string { return tongue.Say("guide.follow", tongue.Count("n", n)) }

func wordsGuideOthers(n int) string { return tongue.Say("guide.others", tongue.Count("n", n)) }

func wordsGuideChecking(done, all int) string {
	return tongue.Say("guide.checking", tongue.Count("done", done), tongue.Count("all", all))
}

func wordsGuideTried(title, result string) string {
	return tongue.Say("guide.tried_one", tongue.Name("title", title), tongue.Name("result", result))
}

func wordsGuideSite(address string) string {
	return tongue.Say("guide.site_title", tongue.Name("address", address))
}

func wordsGuidedComplaint(title string) string {
	return tongue.Say("guided.complaint", tongue.Name("title", title))
}

func wordsGuidedChecked(list string) string {
	return tongue.Say("guided.checked", tongue.Name("list", list))
}

func wordsGuidedUnread(list string) string {
	return tongue.Say("guided.unread", tongue.Name("list", list))
}

func wordsGuidedFound(code, sentence string) string {
	return tongue.Say("guided.found", tongue.Name("sentence", sentence), tongue.Name("code", code))
}

func wordsGuidedSite(address, verdict string) string {
	return tongue.Say("guided.site", tongue.Name("address", address), tongue.Name("verdict", verdict))
}

func wordsGuidedStep(phase, state, detail string) string {
	if detail == "" {
		return tongue.Say("guided.step", tongue.Name("phase", phase), tongue.Name("state", state))
	}
	return tongue.Say("guided.step_detail", tongue.Name("phase", phase), tongue.Name("state", state), tongue.Name("detail", detail))
}

// wordsComplaint names a complaint, also as the title of a ticket.
func wordsComplaint(c diagnostics.Complaint) string {
	switch c {
	case diagnostics.ComplaintSlow:
		return tongue.Say("complaint.slow")
	case diagnostics.ComplaintInternet:
		return tongue.Say("complaint.internet")
	case diagnostics.ComplaintSite:
		return tongue.Say("complaint.site")
	case diagnostics.ComplaintPrinting:
		return tongue.Say("complaint.printing")
	case diagnostics.ComplaintSignIn:
		return tongue.Say("complaint.sign_in")
	case diagnostics.ComplaintCrash:
		return tongue.Say("complaint.crash")
	case diagnostics.ComplaintMedia:
		return tongue.Say("complaint.media")
	}
	return tongue.Say("complaint.other")
}

// wordsComplaintHint says what belongs to a complaint.
func wordsComplaintHint(c diagnostics.Complaint) string {
	switch c {
	case diagnostics.ComplaintSlow:
		return tongue.Say("complaint.slow_hint")
	case diagnostics.ComplaintInternet:
		return tongue.Say("complaint.internet_hint")
	case diagnostics.ComplaintSite:
		return tongue.Say("complaint.site_hint")
	case diagnostics.ComplaintPrinting:
		return tongue.Say("complaint.printing_hint")
	case diagnostics.ComplaintSignIn:
		return tongue.Say("complaint.sign_in_hint")
	case diagnostics.ComplaintCrash:
		return tongue.Say("complaint.crash_hint")
	case diagnostics.ComplaintMedia:
		return tongue.Say("complaint.media_hint")
	}
	return tongue.Say("complaint.other_hint")
}

// wordsSitePhase names a step of the way to a site.
func wordsSitePhase(p local.SitePhase) string {
	switch p {
	case local.SiteName:
		return tongue.Say("site.phase_name")
	case local.SiteConnection:
		return tongue.Say("site.phase_connection")
	case local.SiteCertificate:
		return tongue.Say("site.phase_certificate")
	}
	return tongue.Say("site.phase_answer")
}

func wordsSiteState(s local.SiteState) string {
	switch s {
	case local.SiteOK:
		return tongue.Say("site.ok")
	case local.SiteFailed:
		return tongue.Say("site.failed")
	case local.SiteSkipped:
		return tongue.Say("site.skipped")
	}
	return tongue.Say("site.going")
}

// wordsSiteVerdict says what is wrong with a site, and what to do.
func wordsSiteVerdict(v local.SiteVerdict) (sentence, advice string) {
	switch v {
	case local.SiteWorks:
		return tongue.Say("site.works"), tongue.Say("site.works_more")
	case local.SiteNameUnknown:
		return tongue.Say("site.name_unknown"), tongue.Say("site.name_unknown_more")
	case local.SiteNameSilent:
		return tongue.Say("site.name_silent"), tongue.Say("site.name_silent_more")
	case local.SiteRefused:
		return tongue.Say("site.refused"), tongue.Say("site.refused_more")
	case local.SiteSilent:
		return tongue.Say("site.silent"), tongue.Say("site.silent_more")
	case local.SiteNoWay:
		return tongue.Say("site.no_way"), tongue.Say("site.no_way_more")
	case local.SiteProxyGone:
		return tongue.Say("site.proxy_gone"), tongue.Say("site.proxy_gone_more")
	case local.SiteExpired:
		return tongue.Say("site.expired"), tongue.Say("site.expired_more")
	case local.SiteTooEarly:
		return tongue.Say("site.too_early"), tongue.Say("site.too_early_more")
	case local.SiteOtherName:
		return tongue.Say("site.other_name"), tongue.Say("site.other_name_more")
	case local.SiteNotTrusted:
		return tongue.Say("site.not_trusted"), tongue.Say("site.not_trusted_more")
	case local.SiteNoSecurity:
		return tongue.Say("site.no_security"), tongue.Say("site.no_security_more")
	case local.SiteWantsSignIn:
		return tongue.Say("site.wants_sign_in"), tongue.Say("site.wants_sign_in_more")
	case local.SiteForbids:
		return tongue.Say("site.forbids"), tongue.Say("site.forbids_more")
	case local.SiteNoPage:
		return tongue.Say("site.no_page"), tongue.Say("site.no_page_more")
	case local.SiteBusy:
		return tongue.Say("site.busy"), tongue.Say("site.again_more")
	case local.SiteBroken:
		return tongue.Say("site.broken"), tongue.Say("site.broken_more")
	}
	return tongue.Say("site.mute"), tongue.Say("site.again_more")
}
