package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
)

// Site is a place where endpoints stand.
type Site struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	Zone      string    `json:"zone,omitempty" doc:"Its own time zone; left out: as the desk's."`
}

func siteOf(s enrol.Site) Site {
	return Site{ID: s.ID, Name: s.Name, CreatedAt: utc(s.CreatedAt), Zone: s.Zone}
}

// SiteHealth is a site as the NOC's wall shows it.
type SiteHealth struct {
	Site    Named `json:"site"`
	Online  int   `json:"online"`
	Stuck   int   `json:"stuck" doc:"Connected, and without readings."`
	Offline int   `json:"offline" doc:"Known to be away, whatever the reason."`
	Unknown int   `json:"unknown" doc:"Not back yet since the server itself was away."`
	Held    int   `json:"held"`
	Ill     int   `json:"ill" doc:"Online, with a score under 70."`
	Score   *int  `json:"score" doc:"The mean; null: nothing has one."`
}

const siteTag = "Sites"

func (a *API) sites() {
	add(a, auth.EndpointsList, huma.Operation{
		Method: http.MethodGet, Path: "/sites", Tags: []string{siteTag}, Summary: "List sites", Description: "By name.",
	}, a.listSites)
	add(a, auth.SitesManage, huma.Operation{
		Method: http.MethodPost, Path: "/sites", Tags: []string{siteTag}, Summary: "Add a site", DefaultStatus: http.StatusCreated,
	}, a.addSite)
	add(a, auth.SitesManage, huma.Operation{
		Method: http.MethodPut, Path: "/sites/{id}/zone", Tags: []string{siteTag}, Summary: "Give a site its own time zone",
		Description: "By it the usual hours of its endpoints are learned, it is known what is usual at an hour of the week, and maintenance recurs that says no zone.",
	}, a.setSiteZone)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/noc/sites", Tags: []string{siteTag}, Summary: "Read how the sites are",
		Description: "Of each site that has endpoints, by name.",
	}, a.readSites)
}

func (a *API) listSites(ctx context.Context, actor auth.Actor, in *Paging) (*pageOut[Site], error) {
	all, err := a.Registry.Sites(ctx, actor)
	if err != nil {
		return nil, err
	}
	var list []Site
	for _, s := range all {
		list = append(list, siteOf(s))
	}
	return window("sites", list, *in)
}

type addSiteIn struct {
	Body struct {
		Name string `json:"name" doc:"1 to 100 characters." example:"Hamburg"`
	}
}

type siteOut struct{ Body Site }

func (a *API) addSite(ctx context.Context, actor auth.Actor, in *addSiteIn) (*siteOut, error) {
	s, err := a.Registry.AddSite(ctx, actor, in.Body.Name)
	return &siteOut{siteOf(s)}, err
}

type siteZoneIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The site's id."`
	Body struct {
		Zone string `json:"zone" maxLength:"64" doc:"Empty: as the desk's." example:"Europe/Berlin"`
	}
}

func (a *API) setSiteZone(ctx context.Context, actor auth.Actor, in *siteZoneIn) (*siteOut, error) {
	s, err := a.Registry.SetZone(ctx, actor, in.ID, in.Body.Zone)
	return &siteOut{siteOf(s)}, err
}

func (a *API) readSites(_ context.Context, actor auth.Actor, in *Paging) (*pageOut[SiteHealth], error) {
	tiles, err := a.Endpoints.Sites(actor)
	if err != nil {
		return nil, err
	}
	var list []SiteHealth
	for _, t := range tiles {
		s := SiteHealth{Site: Named{t.Site.ID, t.Site.Name}, Online: t.Online, Stuck: t.Stuck, Offline: t.Offline, Unknown: t.Unknown, Held: t.Held, Ill: t.Ill}
		if t.Score >= 0 {
			s.Score = &t.Score
		}
		list = append(list, s)
	}
	return window("noc/sites", list, *in)
}
