// Sends a request to the address that the message names, and answers with the result.
export const handler = async (event) => {
  const { apiId, connectionId, domainName, stage } = event.requestContext;
  const { via } = JSON.parse(event.body);
  const host = { domain: domainName, public: `${apiId}.execute-api.${process.env.AWS_REGION}.amazonaws.com` }[via];
  const url = host ? `https://${host}/${stage}/@connections/${encodeURIComponent(connectionId)}` : via;
  const response = await fetch(url, { method: 'POST', body: 'posted' });
  return { statusCode: 200, body: `${response.status} ${await response.text()}` };
};
