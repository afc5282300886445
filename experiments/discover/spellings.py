"""American words and their British spellings, for planting; written without sight of the package's own list."""

from __future__ import annotations

_PAIRS = """
organization:organisation organizations:organisations organize:organise organized:organised organizing:organising
emphasize:emphasise emphasizes:emphasises emphasized:emphasised recognize:recognise recognized:recognised
criticize:criticise criticized:criticised criticizing:criticising prioritize:prioritise prioritized:prioritised
prioritizing:prioritising marginalized:marginalised minimize:minimise minimized:minimised maximize:maximise
utilize:utilise utilized:utilised realize:realise realized:realised mobilize:mobilise centralized:centralised
modernize:modernise modernization:modernisation militarization:militarisation globalization:globalisation
normalize:normalise normalized:normalised symbolize:symbolise symbolizes:symbolises destabilize:destabilise
labor:labour labors:labours color:colour colors:colours colored:coloured honor:honour honored:honoured favor:favour
favored:favoured favorite:favourite behavior:behaviour behaviors:behaviours neighbor:neighbour neighbors:neighbours
neighboring:neighbouring endeavor:endeavour rumor:rumour humor:humour vigor:vigour center:centre centers:centres
theater:theatre fiber:fibre defense:defence offense:offence license:licence practiced:practised analyze:analyse
analyzed:analysed analyzing:analysing paralyze:paralyse traveled:travelled traveling:travelling modeled:modelled
labeled:labelled labeling:labelling fueled:fuelled fueling:fuelling canceled:cancelled program:programme
programs:programmes catalog:catalogue dialog:dialogue skeptical:sceptical skepticism:scepticism gray:grey
aging:ageing fulfill:fulfil enrollment:enrolment counselor:counsellor armor:armour harbor:harbour savior:saviour
"""
BRITISH = dict(pair.split(":") for pair in _PAIRS.split())
