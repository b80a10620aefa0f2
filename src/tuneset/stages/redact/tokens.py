# ruff: noqa: E501 - a table is read by its rows
"""How the keys of providers begin and how long they are: one row a provider, one pattern for all.

A prefix alone is not enough: what follows has the letters and the length that the provider hands out, so that
`sk-learn` and `pat-a-cake` stay. A new row needs its first three bytes in `kernels.scan`, which a test compares.

Source: the providers' own documentation of their key formats, as public secret scanners describe them too.
"""

from tuneset.core.later import later

_W = rb"[A-Za-z0-9_\-]"
"""Letters of URL-safe Base64."""
_A = rb"[A-Za-z0-9]"
_X = rb"[0-9a-f]"
_UUID = _X + rb"{8}(?:-" + _X + rb"{4}){3}-" + _X + rb"{12}"

TOKENS: dict[str, tuple[bytes, ...]] = {
    "Adafruit": (rb"aio_" + _A + rb"{28}",),
    "age": (rb"AGE-SECRET-KEY-1[A-Z0-9]{50,64}",),
    "Airtable": (rb"pat" + _A + rb"{14}\." + _X + rb"{64}",),
    "Alibaba Cloud": (rb"LTAI" + _A + rb"{12,26}",),
    "Anthropic, OpenAI, OpenRouter, DeepSeek, Langfuse": (rb"sk-" + _W + rb"{16,256}",),
    "Atlassian": (rb"AT(?:ATT|CTT|STT)3[A-Za-z0-9_\-=]{60,256}", rb"ATBB" + _A + rb"{28,36}"),
    "AWS": (rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", rb"AKIA[0-9A-Z]{16}", rb"ABSK[A-Za-z0-9+/]{80,160}={0,2}"),
    "Brevo": (rb"xkeysib-" + _X + rb"{64}-" + _A + rb"{16}",),
    "Buildkite": (rb"bk(?:ua|ct)_" + _A + rb"{40}",),
    "Cerebras": (rb"csk-" + _A + rb"{40,64}",),
    "CircleCI": (rb"CCIP(?:AT|RJ)_" + _A + rb"{16,32}_" + _X + rb"{40}",),
    "Cloudflare": (rb"v1\.0-" + _X + rb"{24}-" + _X + rb"{146}",),
    "Contentful": (rb"CFPAT-" + _W + rb"{43}",),
    "crates.io": (rb"cio" + _A + rb"{32}",),
    "Databricks": (rb"dapi" + _X + rb"{32}(?:-\d)?",),
    "Datadog": (rb"pub" + _X + rb"{32}",),
    "DigitalOcean": (rb"do[opr]_v1_" + _X + rb"{64}",),
    "Discord": (
        rb"[MNO][DTjz]" + _W + rb"{22,26}\." + _W + rb"{6}\." + _W + rb"{27,40}",
        rb"discord(?:app)?\.com/api/webhooks/\d{16,20}/" + _W + rb"{60,80}",
    ),
    "Docker": (rb"dckr_[op]at_" + _W + rb"{27,40}",),
    "Doppler": (rb"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_\-]{2,35}\.)?" + _A + rb"{40,44}",),
    "Dropbox": (rb"sl\." + _W + rb"{100,1200}",),
    "Dynatrace": (rb"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}",),
    "Facebook": (rb"EAA[A-Z]" + _A + rb"{80,300}",),
    "Figma": (rb"fig[dou]_?" + _W + rb"{40,64}",),
    "Fireworks": (rb"fw_" + _A + rb"{24,40}",),
    "Flutterwave": (rb"FLW(?:SECK|PUBK)(?:_TEST)?-[0-9a-h]{12,48}(?:-X)?",),
    "Fly.io": (rb"f[mo][12][ar]?_[A-Za-z0-9+/_\-=]{40,800}",),
    "GitHub": (rb"gh[pousr]_" + _A + rb"{30,255}", rb"github_pat_[A-Za-z0-9_]{22,255}"),
    "GitLab": (rb"gl(?:pat|ptt|dt|rt|rtr|cbt|soat|imt|ft|ffct|oas|wt|agent)-" + _W + rb"{16,128}(?:\.[A-Za-z0-9_\-]{2,40}){0,3}",),
    "Google": (
        rb"AIza" + _W + rb"{35}", rb"ya29\." + _W + rb"{20,512}", rb"GOCSPX-" + _W + rb"{20,40}",
        rb"1//0" + _W + rb"{40,200}",
    ),
    "Grafana": (rb"glc_[A-Za-z0-9+/]{32,400}={0,3}", rb"glsa_" + _A + rb"{32}_[0-9A-Fa-f]{8}", rb"eyJrIjoi[A-Za-z0-9]{40,400}={0,3}"),
    "Groq": (rb"gsk_" + _A + rb"{32,64}",),
    "HashiCorp": (rb"hv[bsr]\." + _W + rb"{24,300}", _A + rb"{14}\.atlasv1\." + rb"[A-Za-z0-9_\-=]{60,70}"),
    "Heroku": (rb"HRKU-AA" + _W + rb"{58}", rb"HRKU-" + _UUID),
    "HubSpot": (rb"pat-(?:na|eu)\d-" + _UUID,),
    "Hugging Face": (rb"hf_" + _A + rb"{20,64}", rb"api_org_" + _A + rb"{34}"),
    "JFrog": (rb"AKCp" + _A + rb"{60,80}",),
    "JSON web token": (rb"eyJ[A-Za-z0-9_\-]{8,2048}\.[A-Za-z0-9_\-]{8,4096}\.[A-Za-z0-9_\-]{0,1024}",),
    "LangSmith": (rb"ls(?:v2_(?:pt|sk)|__)_" + _X + rb"{32}(?:_" + _X + rb"{10})?",),
    "Linear": (rb"lin_(?:api|oauth)_" + _A + rb"{30,64}",),
    "Mailgun": (rb"(?:pub)?key-" + _X + rb"{32}",),
    "Neon": (rb"napi_" + _A + rb"{48,72}",),
    "Netlify": (rb"nf[pcou]_" + _A + rb"{36,64}",),
    "New Relic": (rb"NRAK-[A-Z0-9]{27}", rb"NR(?:II|IQ)-" + _W + rb"{32}", rb"NRJS-" + _X + rb"{19}", rb"NRRA-" + _X + rb"{42}"),
    "Notion": (rb"ntn_" + _A + rb"{40,64}", rb"secret_" + _A + rb"{43}"),
    "npm": (rb"npm_" + _A + rb"{30,64}",),
    "NuGet": (rb"oy2[a-z0-9]{43}",),
    "NVIDIA": (rb"nvapi-" + _W + rb"{60,72}",),
    "1Password": (rb"ops_eyJ" + _W + rb"{100,1200}",),
    "Perplexity": (rb"pplx-" + _A + rb"{40,60}",),
    "Pinecone": (rb"pcsk_[A-Za-z0-9_]{50,80}",),
    "Plaid": (rb"access-(?:sandbox|development|production)-" + _UUID,),
    "PlanetScale": (rb"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_\-.=]{32,64}",),
    "Postman": (rb"PMAK-" + _X + rb"{24}-" + _X + rb"{34}",),
    "Prefect": (rb"pn[ub]_" + _A + rb"{36}",),
    "Pulumi": (rb"pul-" + _X + rb"{40}",),
    "PyPI": (rb"pypi-" + _W + rb"{50,256}",),
    "Razorpay": (rb"rzp_(?:live|test)_" + _A + rb"{14,24}",),
    "Render": (rb"rnd_" + _A + rb"{28,40}",),
    "Replicate": (rb"r8_" + _A + rb"{30,48}",),
    "Resend": (rb"re_" + _A + rb"{8}_" + _A + rb"{24}",),
    "RubyGems": (rb"rubygems_" + _X + rb"{48}",),
    "SendGrid": (rb"SG\." + _W + rb"{16,64}\." + _W + rb"{16,64}",),
    "Sentry": (rb"sntry[uaip]_" + _X + rb"{64}", rb"sntrys_[A-Za-z0-9+/=_\-]{60,400}"),
    "Shippo": (rb"shippo_(?:live|test)_" + _X + rb"{40}",),
    "Shopify": (rb"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",),
    "Slack": (
        rb"xox[abeoprs]-[A-Za-z0-9\-]{10,250}", rb"xoxe\.xox[bp]-[A-Za-z0-9\-]{20,250}", rb"xapp-\d-[A-Za-z0-9\-]{10,250}",
        rb"hooks\.slack\.com/(?:services|workflows|triggers)/T[A-Za-z0-9]{6,14}/[AB]?[A-Za-z0-9]{6,14}/[A-Za-z0-9/]{16,64}",
    ),
    "SonarQube": (rb"sq[upa]_" + _X + rb"{40}",),
    "Square": (rb"sq0(?:atp|csp|idp)-" + _W + rb"{22,43}", rb"EAAA" + _W + rb"{60}"),
    "Stripe": (rb"(?:sk|pk|rk)_(?:live|test)_" + _A + rb"{10,250}", rb"whsec_[A-Za-z0-9+/=]{20,128}"),
    "ElevenLabs": (rb"sk_" + _X + rb"{48}",),
    "Supabase": (rb"sbp_" + _X + rb"{40}", rb"sb_secret_" + _W + rb"{24,48}"),
    "Tavily": (rb"tvly-" + _W + rb"{28,48}",),
    "Telegram": (rb"\d{8,10}:AA" + _W + rb"{32,34}",),
    "Tencent Cloud": (rb"AKID" + _A + rb"{32}",),
    "Together": (rb"tgp_v1_" + _W + rb"{40,48}",),
    "Twilio": (rb"SK" + _X + rb"{32}",),
    "Typeform": (rb"tfp_" + _W + rb"{40,64}",),
    "xAI": (rb"xai-" + _A + rb"{60,100}",),
}  # fmt: skip
"""Provider → the forms of its keys."""

PREFIXED = later(
    rb"(?<![A-Za-z0-9])(?:"
    + b"|".join(form for forms in TOKENS.values() for form in forms)
    + rb")(?![A-Za-z0-9])"
)
"""Any of them, with nothing that a key could go on with beside it."""
